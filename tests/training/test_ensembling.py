"""Several models made one: scores fused, weights averaged, 16 bits, and what must be refused."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from tests.conftest import Run
from tests.training.conftest import QUICK, learner, quick_train, stripes
from unmask.card import METADATA_KEY, Calibration
from unmask.datasets import Dataset
from unmask.detector import Detector, read_card
from unmask.errors import BadModelFile, TrainingError, UsageError
from unmask.training import ensemble
from unmask.training.export.onnx import export, open_file, write_card
from unmask.training.export.onnx_ensemble import fuse
from unmask.training.export.onnx_weights import average, compress_weights
from unmask.training.models.factory import create, read_model_file


def test_an_ensemble_is_the_mean_of_its_calibrated_members(trained: Path, pictures: Path, tmp_path: Path) -> None:
    one = trained / "model.onnx"
    card = ensemble(
        Dataset.load(pictures), [one, one], name="twice", output=tmp_path / "e", mirror=True, workers=0, progress=False
    )
    assert (card.name, card.metrics["dataset"]["pictures"]) == ("twice", 16)
    fused, single = open_file(tmp_path / "e" / "model.onnx"), open_file(one)
    pixels = np.stack([np.asarray(stripes(fake, np.random.default_rng(3)).resize((64, 64))) for fake in (True, False)])
    plain, mirrored = (single.run(pixels=each) for each in (pixels, pixels[:, :, ::-1].copy()))
    calibration = Detector.load(one).card.calibration
    expected = [calibration.logit(value) for value in (plain["logit"] + mirrored["logit"]) / 2]
    outputs = fused.run(pixels=pixels)
    assert np.allclose(outputs["logit"], expected, atol=1e-4)
    assert np.allclose(outputs["cam"].mean((1, 2)), outputs["logit"], atol=1e-4)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file whose input is half as large as that of `trained`."""
    path = tmp_path_factory.mktemp("small") / "small.onnx"
    export(create("mobilenetv2"), 32, path)
    return path


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("mirror", [False, True])
def test_a_member_may_see_the_face_at_half_the_size(
    trained: Path, small: Path, tmp_path: Path, mirror: bool, order: int
) -> None:
    files, scales = [trained / "model.onnx", small], [Calibration(2.0, 0.5), Calibration(3.0, -1.0)]
    members = [(file.read_bytes(), scale) for file, scale in zip(files, scales, strict=True)]
    fused = fuse(members[::order], mirror=mirror, shares=[3, 1][::order])
    onnx.save(fused, tmp_path / "fused.onnx")
    pixels = np.random.default_rng(5).integers(0, 256, (3, 64, 64, 3), np.uint8)

    def alone(pixels: np.ndarray) -> np.ndarray:
        halved = np.round(pixels.reshape(3, 32, 2, 32, 2, 3).mean((2, 4))).astype(np.uint8)
        large, small = (
            open_file(file).run(pixels=seen)["logit"] for file, seen in zip(files, (pixels, halved), strict=True)
        )
        return 0.75 * (2.0 * large + 0.5) + 0.25 * (3.0 * small - 1.0)

    expected = (alone(pixels) + alone(pixels[:, :, ::-1].copy())) / 2 if mirror else alone(pixels)
    outputs = open_file(tmp_path / "fused.onnx").run(pixels=pixels)
    assert np.allclose(outputs["logit"], expected, atol=1e-4)
    assert outputs["cam"].shape == open_file(files[0]).run(pixels=pixels)["cam"].shape
    assert np.allclose(outputs["cam"].mean((1, 2)), outputs["logit"], atol=1e-4)


def test_sizes_that_do_not_divide_are_refused(trained: Path, small: Path) -> None:
    odd = onnx.load(small)
    for side in odd.graph.input[0].type.tensor_type.shape.dim[1:3]:
        side.dim_value = 48
    members = [
        (data, Calibration(1.0, 0.0)) for data in ((trained / "model.onnx").read_bytes(), odd.SerializeToString())
    ]
    with pytest.raises(BadModelFile, match="divide the largest"):
        fuse(members, mirror=False)


def test_weights_of_models_that_see_two_sizes_are_not_averaged(
    trained: Path, small: Path, few: Dataset, tmp_path: Path
) -> None:
    card, other = read_card(trained / "model.onnx")[0], tmp_path / "other.onnx"
    shutil.copyfile(small, other)
    write_card(other, METADATA_KEY, replace(card, preprocessing=replace(card.preprocessing, size=32)).to_json())
    with pytest.raises(BadModelFile, match="at one size"):
        ensemble(few, [trained / "model.onnx", other], name="x", output=tmp_path, averaged=[1, 1], progress=False)


def test_averaged_weights_lie_between_their_members(trained: Path, pictures: Path, tmp_path: Path) -> None:
    one = (trained / "model.onnx").read_bytes()
    other = onnx.load_from_string(one)
    for tensor in other.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            tensor.CopyFrom(onnx.numpy_helper.from_array(2 * onnx.numpy_helper.to_array(tensor), tensor.name))
    mean = average([one, other.SerializeToString()], [3, 1])
    for tensor, before in zip(mean.graph.initializer, onnx.load_from_string(one).graph.initializer, strict=True):
        factor = 1.25 if tensor.data_type == onnx.TensorProto.FLOAT else 1
        expected = factor * onnx.numpy_helper.to_array(before)
        assert np.allclose(onnx.numpy_helper.to_array(tensor), expected, rtol=1e-6), tensor.name
    with pytest.raises(BadModelFile, match="within one architecture"):
        average([one, write_cnn3(tmp_path).read_bytes()], [1, 1])


@pytest.mark.parametrize(("bits", "moved", "size"), [(16, 0.02, 0.7), (8, 0.3, 0.5)])
def test_fewer_bits_make_a_smaller_file_and_move_the_scores_a_little(
    trained: Path, tmp_path: Path, bits: int, moved: float, size: float
) -> None:
    one, short = trained / "model.onnx", onnx.load(trained / "model.onnx")
    compress_weights(short, bits)
    onnx.save(short, tmp_path / "short.onnx")
    pixels = np.stack([np.asarray(stripes(fake, np.random.default_rng(3)).resize((64, 64))) for fake in (True, False)])
    before, after = (open_file(path).run(pixels=pixels)["logit"] for path in (one, tmp_path / "short.onnx"))
    assert np.allclose(before, after, atol=moved)
    assert not np.array_equal(before, after)
    assert short.graph.ByteSize() < size * onnx.load(one).graph.ByteSize()
    again = onnx.ModelProto.FromString(short.SerializeToString())
    compress_weights(again, bits)
    assert again == short


def test_training_can_go_on_from_a_model_that_sees_mirror_images(trained: Path, tmp_path: Path) -> None:
    one = trained / "model.onnx"
    mirrored = fuse([(one.read_bytes(), Detector.load(one).card.calibration)], mirror=True)
    compress_weights(mirrored, 16)
    onnx.save(mirrored, tmp_path / "mirrored.onnx")
    before, after = read_model_file(one), read_model_file(tmp_path / "mirrored.onnx")
    assert before.keys() == after.keys()
    assert all(torch.allclose(before[name], after[name].float(), atol=1e-2) for name in before)
    two = fuse([(one.read_bytes(), Detector.load(one).card.calibration)] * 2, mirror=False)
    onnx.save(two, tmp_path / "two.onnx")
    with pytest.raises(BadModelFile, match="several networks"):
        read_model_file(tmp_path / "two.onnx")
    eight = onnx.load(one)
    compress_weights(eight, 8)
    onnx.save(eight, tmp_path / "eight.onnx")
    with pytest.raises(BadModelFile, match="in 8 bits"):
        read_model_file(tmp_path / "eight.onnx")


def write_cnn3(folder: Path) -> Path:
    """A model file of another architecture."""
    export(create("cnn3"), 128, folder / "cnn3.onnx")
    return folder / "cnn3.onnx"


def test_shares_must_fit_the_members(few: Dataset, trained: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one share for each of the 1 models"):
        ensemble(few, [trained / "model.onnx"], name="x", output=tmp_path, averaged=[0.5, 0.5], progress=False)
    with pytest.raises(UsageError, match="none of them negative"):
        ensemble(few, [trained / "model.onnx"] * 2, name="x", output=tmp_path, shares=[1, -1], progress=False)
    with pytest.raises(UsageError, match="not in 4"):
        ensemble(few, [trained / "model.onnx"], name="x", output=tmp_path, bits=4, progress=False)
    with pytest.raises(UsageError, match="averaged first"):
        ensemble(few, [trained / "model.onnx"], name="x", output=tmp_path, averaged=[1], shares=[1], progress=False)


def test_members_may_have_seen_more_pictures_as_long_as_the_groups_set_aside_are_the_same(
    pictures: Path, tmp_path: Path
) -> None:
    """As with fakes that are made from the pictures of a data set and stand in their originals' groups."""
    loaded = Dataset.load(pictures)
    items = tuple(replace(item, group=f"person {index // 4}") for index, item in enumerate(loaded))
    fewer = tuple(item for index, item in enumerate(items) if index % 4)
    recipe = learner(**QUICK, **{"data.lasting": True})
    quick_train(replace(loaded, items=items), recipe, tmp_path / "more", force=True)
    member, narrowed = tmp_path / "more" / "model.onnx", replace(loaded, items=fewer)
    card = ensemble(narrowed, [member], name="x", output=tmp_path / "e", mirror=True, workers=0, progress=False)
    assert card.training_data["held_out"]["sha256"] != read_card(member)[0].training_data["held_out"]["sha256"]


def test_an_ensemble_is_not_calibrated_on_what_its_members_learnt(trained: Path, few: Dataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="set other pictures aside"):
        ensemble(few, [trained / "model.onnx"], name="x", output=tmp_path, workers=0, progress=False)


def test_the_command_fuses_models(trained: Path, pictures: Path, tmp_path: Path, run_cli: Run) -> None:
    model = str(trained / "model.onnx")
    done = run_cli(
        "ensemble", model, "--data", str(pictures), "-o", str(tmp_path / "e"), "--name", "m", "--average", "1"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(run_cli("models", done.stdout.strip(), "--json").stdout)["name"] == "m"
