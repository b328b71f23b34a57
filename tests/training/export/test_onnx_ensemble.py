from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from unmask.card import Calibration
from unmask.errors import BadModelFile
from unmask.training.export.onnx import open_file
from unmask.training.export.onnx_ensemble import Member, fuse


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("mirror", [False, True])
def test_a_member_may_have_half_the_input_size(
    trained: Path, mobilenet_file: Path, tmp_path: Path, mirror: bool, order: int
) -> None:
    files, scales = [trained / "model.onnx", mobilenet_file], [Calibration(2.0, 0.5), Calibration(3.0, -1.0)]
    members = [Member(file.read_bytes(), scale) for file, scale in zip(files, scales, strict=True)]
    fused = fuse(members[::order], mirror=mirror, shares=[3, 1][::order])
    onnx.save(fused, tmp_path / "fused.onnx")
    pixels = np.random.default_rng(5).integers(0, 256, (3, 64, 64, 3), np.uint8)

    def mean_logit(pixels: np.ndarray) -> np.ndarray:
        halved = np.round(pixels.reshape(3, 32, 2, 32, 2, 3).mean((2, 4))).astype(np.uint8)
        large, small = (
            open_file(file).run(pixels=given)["logit"] for file, given in zip(files, (pixels, halved), strict=True)
        )
        return 0.75 * (2.0 * large + 0.5) + 0.25 * (3.0 * small - 1.0)

    expected = (mean_logit(pixels) + mean_logit(pixels[:, :, ::-1].copy())) / 2 if mirror else mean_logit(pixels)
    outputs = open_file(tmp_path / "fused.onnx").run(pixels=pixels)
    assert np.allclose(outputs["logit"], expected, atol=1e-4)
    assert outputs["cam"].shape == open_file(files[0]).run(pixels=pixels)["cam"].shape
    assert np.allclose(outputs["cam"].mean((1, 2)), outputs["logit"], atol=1e-4)


def test_sizes_that_do_not_divide_the_largest_are_an_error(trained: Path, mobilenet_file: Path) -> None:
    odd = onnx.load(mobilenet_file)
    for side in odd.graph.input[0].type.tensor_type.shape.dim[1:3]:
        side.dim_value = 48
    members = [
        Member(data, Calibration(1.0, 0.0)) for data in ((trained / "model.onnx").read_bytes(), odd.SerializeToString())
    ]
    with pytest.raises(BadModelFile, match="divide the largest"):
        fuse(members, mirror=False)


def test_a_member_that_sees_the_face_alone_gets_it_cut_out(trained: Path, tmp_path: Path) -> None:
    """A face of half the input's side, whose crop is scaled to the whole input by the graph."""
    data, scale = (trained / "model.onnx").read_bytes(), Calibration(2.0, 0.5)
    onnx.save(fuse([Member(data, scale), Member(data, scale, cut_face=True)], mirror=True), tmp_path / "fused.onnx")
    fused, single = open_file(tmp_path / "fused.onnx"), open_file(trained / "model.onnx")
    image = Image.effect_mandelbrot((64, 64), (-2, -1.5, 1, 1.5), 100).convert("RGB").resize((64, 64))
    whole = np.asarray(image)
    face = np.asarray(image.resize((64, 64), Image.Resampling.BICUBIC, box=(16, 8, 48, 40)))

    def logit(pixels: np.ndarray) -> float:
        both = np.stack([pixels, pixels[:, ::-1]])
        return float(np.mean(2.0 * single.run(pixels=both)["logit"] + 0.5))

    outputs = fused.run(pixels=whole[None], face_region=np.array([[0.25, 0.125, 0.5, 0.5]], np.float32))
    assert outputs["logit"][0] == pytest.approx((logit(whole) + logit(face)) / 2, abs=0.1)
    assert outputs["cam"].mean() == pytest.approx(outputs["logit"][0], abs=1e-4)
    alone = fused.run(pixels=face[None], face_region=np.array([[0, 0, 1, 1]], np.float32))
    assert alone["logit"][0] == pytest.approx(logit(face), abs=1e-3)


def test_a_cut_out_face_needs_members_of_one_size(trained: Path, mobilenet_file: Path) -> None:
    files = ((trained / "model.onnx").read_bytes(), mobilenet_file.read_bytes())
    with pytest.raises(BadModelFile, match="must have one input size"):
        fuse([Member(data, Calibration(1.0, 0.0), cut_face=True) for data in files], mirror=False)


@pytest.mark.parametrize("mirror", [False, True])
def test_an_ensemble_that_cuts_out_the_face_may_be_a_member(trained: Path, tmp_path: Path, mirror: bool) -> None:
    data, scale = (trained / "model.onnx").read_bytes(), Calibration(1.0, 0.0)
    inner = fuse([Member(data, scale), Member(data, scale, cut_face=True)], mirror=False)
    both = [Member(inner.SerializeToString(), scale), Member(data, scale, cut_face=True)]
    onnx.save(inner, tmp_path / "inner.onnx")
    onnx.save(fuse(both, mirror=mirror, shares=[1, 0]), tmp_path / "outer.onnx")
    single, nested = open_file(tmp_path / "inner.onnx"), open_file(tmp_path / "outer.onnx")
    pixels = np.random.default_rng(4).integers(0, 256, (1, 64, 64, 3), np.uint8)
    region, mirrored = (np.array([row], np.float32) for row in ((0.1, 0.2, 0.5, 0.4), (0.4, 0.2, 0.5, 0.4)))
    expected = single.run(pixels=pixels, face_region=region)["logit"]
    if mirror:
        flipped = single.run(pixels=pixels[:, :, ::-1].copy(), face_region=mirrored)["logit"]
        expected = (expected + flipped) / 2
    outputs = nested.run(pixels=pixels, face_region=region)
    assert outputs["logit"] == pytest.approx(expected, abs=1e-3)
    assert outputs["cam"].mean() == pytest.approx(outputs["logit"][0], abs=1e-3)
