from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from tests.training.conftest import stripes
from unmask.detector import Detector
from unmask.errors import BadModelFile
from unmask.training.export.onnx import open_file
from unmask.training.export.onnx_ensemble import Member, fuse
from unmask.training.export.onnx_weights import average_weights, compress_weights
from unmask.training.models.factory import read_model_file


def test_averaged_weights_are_the_weighted_mean(trained: Path, mobilenet_file: Path) -> None:
    one = (trained / "model.onnx").read_bytes()
    other = onnx.load_from_string(one)
    for tensor in other.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            tensor.CopyFrom(onnx.numpy_helper.from_array(2 * onnx.numpy_helper.to_array(tensor), tensor.name))
    mean = average_weights([one, other.SerializeToString()], [3, 1])
    for tensor, before in zip(mean.graph.initializer, onnx.load_from_string(one).graph.initializer, strict=True):
        factor = 1.25 if tensor.data_type == onnx.TensorProto.FLOAT else 1
        expected = factor * onnx.numpy_helper.to_array(before)
        assert np.allclose(onnx.numpy_helper.to_array(tensor), expected, rtol=1e-6), tensor.name
    with pytest.raises(BadModelFile, match="within one architecture"):
        average_weights([one, mobilenet_file.read_bytes()], [1, 1])


@pytest.mark.parametrize(("bits", "distance", "size"), [(16, 0.02, 0.7), (8, 0.3, 0.5)])
def test_fewer_bits_make_a_smaller_file_with_similar_scores(
    trained: Path, tmp_path: Path, bits: int, distance: float, size: float
) -> None:
    one, small = trained / "model.onnx", onnx.load(trained / "model.onnx")
    compress_weights(small, bits)
    onnx.save(small, tmp_path / "small.onnx")
    pixels = np.stack([np.asarray(stripes(fake, np.random.default_rng(3)).resize((64, 64))) for fake in (True, False)])
    before, after = (open_file(path).run(pixels=pixels)["logit"] for path in (one, tmp_path / "small.onnx"))
    assert np.allclose(before, after, atol=distance)
    assert not np.array_equal(before, after)
    assert small.graph.ByteSize() < size * onnx.load(one).graph.ByteSize()
    again = onnx.ModelProto.FromString(small.SerializeToString())
    compress_weights(again, bits)
    assert again == small


def test_weights_are_read_from_an_ensemble_of_one_network(trained: Path, tmp_path: Path) -> None:
    one = trained / "model.onnx"
    mirrored = fuse([Member(one.read_bytes(), Detector.load(one).card.calibration)], mirror=True)
    compress_weights(mirrored, 16)
    onnx.save(mirrored, tmp_path / "mirrored.onnx")
    before, after = read_model_file(one), read_model_file(tmp_path / "mirrored.onnx")
    assert before.keys() == after.keys()
    assert all(torch.allclose(before[name], after[name].float(), atol=1e-2) for name in before)
    two = fuse([Member(one.read_bytes(), Detector.load(one).card.calibration)] * 2, mirror=False)
    onnx.save(two, tmp_path / "two.onnx")
    with pytest.raises(BadModelFile, match="several networks"):
        read_model_file(tmp_path / "two.onnx")
    eight = onnx.load(one)
    compress_weights(eight, 8)
    onnx.save(eight, tmp_path / "eight.onnx")
    with pytest.raises(BadModelFile, match="in 8 bits"):
        read_model_file(tmp_path / "eight.onnx")
