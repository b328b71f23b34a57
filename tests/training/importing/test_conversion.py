from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.conftest import Run
from tests.training.importing.conftest import Save
from tests.training.importing.stripes import SIZE, stripes_network
from unmask.datasets import Dataset
from unmask.detector import Detector
from unmask.errors import BadModelFile, UnknownModel, UsageError
from unmask.training import import_model
from unmask.training.export.onnx import open_file


def test_a_network_of_batch_size_one_is_imported(save: Save, known: Dataset, tmp_path: Path) -> None:
    source = save(stripes_network(batch=1))
    import_model(source, tmp_path / "mine.onnx", classes=("real", "fake"), normalize="unit", dataset=known)
    detector = Detector.load(tmp_path / "mine.onnx", threads=1)
    for label, fake in (("real", False), ("fake", True)):
        (picture,) = known.where(label=label).items[:1]
        verdict = detector.predict(picture.path, whole_picture=True, stability=False)
        assert ((verdict.probability_fake or 0) > 0.5) == fake


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize(("columns", "activation"), [(1, "Sigmoid"), (1, None), (2, "Softmax"), (2, None)])
def test_layouts_and_outputs_of_every_kind_are_imported(
    save: Save, known: Dataset, tmp_path: Path, layout: str, columns: int, activation: str | None
) -> None:
    source = save(stripes_network(layout=layout, columns=columns, activation=activation))
    result = import_model(source, tmp_path / "mine.onnx", classes=("real", "fake"), normalize="unit", dataset=known)
    assert result.class_order.confirms
    assert result.calibrated
    assert result.class_order.auc.value > 0.9
    assert Detector.load(tmp_path / "mine.onnx").card.name == "external"


def test_the_scores_are_those_of_the_external_network(save: Save, known: Dataset, tmp_path: Path) -> None:
    source = save(stripes_network())
    import_model(source, tmp_path / "mine.onnx", classes=("real", "fake"), normalize="unit", dataset=known)
    pixels = np.random.default_rng(0).integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8)
    unit = pixels / 255
    steps = [np.abs(np.diff(unit, axis=axis)).mean((1, 2, 3)) for axis in (1, 2)]
    assert open_file(tmp_path / "mine.onnx").run(pixels=pixels)["logit"] == pytest.approx(
        60 * (steps[0] - steps[1]), abs=1e-4
    )


@pytest.mark.parametrize("columns", [1, 2])
def test_the_declared_class_order_must_be_the_real_one(
    save: Save, known: Dataset, tmp_path: Path, columns: int
) -> None:
    source = save(stripes_network(high_means="real", columns=columns, activation=None))
    right = import_model(source, tmp_path / "mine.onnx", classes=("fake", "real"), normalize="unit", dataset=known)
    assert right.class_order.auc.value > 0.9
    with pytest.raises(BadModelFile, match=r"higher scores mean real.*probably --classes fake,real"):
        import_model(source, tmp_path / "wrong.onnx", classes=("real", "fake"), normalize="unit", dataset=known)
    assert not (tmp_path / "wrong.onnx").exists()


def test_the_command_prints_one_line_for_a_wrong_class_order(
    save: Save, pictures: Path, tmp_path: Path, run_cli: Run
) -> None:
    source = save(stripes_network(high_means="real"))
    common = ("import", source, "--normalise", "unit", "--probe", pictures, "-o", tmp_path / "mine.onnx")
    wrong = run_cli(*common, "--classes", "real,fake")
    assert wrong.returncode == 1
    assert wrong.stderr.count("\n") == 1
    assert "probably --classes fake,real" in wrong.stderr
    right = run_cli(*common, "--classes", "fake,real")
    assert right.returncode == 0, right.stderr
    assert right.stdout.strip() == str(tmp_path / "mine.onnx")
    assert "the classes are as declared" in right.stderr


@pytest.mark.parametrize("count", [3, 5])
def test_three_images_of_each_class_reveal_a_wrong_class_order(
    save: Save, known: Dataset, tmp_path: Path, count: int
) -> None:
    source = save(stripes_network(high_means="real", activation=None))
    few = known.take([*np.flatnonzero(known.labels == 0)[:count], *np.flatnonzero(known.labels == 1)[:count]])
    with pytest.raises(BadModelFile, match="higher scores mean real"):
        import_model(source, tmp_path / "wrong.onnx", classes=("real", "fake"), normalize="unit", dataset=few)
    assert import_model(
        source, tmp_path / "mine.onnx", classes=("fake", "real"), normalize="unit", dataset=few
    ).class_order.confirms


def test_without_images_the_bundled_portrait_is_used_and_the_model_stays_uncalibrated(
    save: Save, tmp_path: Path
) -> None:
    result = import_model(save(stripes_network()), tmp_path / "mine.onnx", classes=("real", "fake"), normalize="unit")
    assert result.class_order.bundled
    assert not result.calibrated
    assert any("not calibrated" in limit for limit in result.card.limits)


def test_a_hub_folder_states_classes_size_and_normalization(save: Save, known: Dataset, tmp_path: Path) -> None:
    save(
        stripes_network(layout="NCHW", columns=2, high_means="real", activation="Softmax", size=None),
        "hub/onnx/model.onnx",
    )
    folder = tmp_path / "hub"
    (folder / "config.json").write_text(json.dumps({"id2label": {"0": "Deepfake", "1": "Realism"}}), "utf-8")
    processor = {"do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": False, "size": {"height": 40}}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor), "utf-8")
    with pytest.raises(UsageError, match="does not state which output is which class"):
        import_model(folder, tmp_path / "mine.onnx", dataset=known)
    (folder / "config.json").write_text(json.dumps({"id2label": {"0": "Deepfake", "1": "Real"}}), "utf-8")
    result = import_model(folder, tmp_path / "mine.onnx", dataset=known)
    assert result.card.preprocessing.size == 40
    assert result.class_order.auc.value > 0.9


def test_a_hub_folder_may_name_its_axes_and_crop_the_center(save: Save, known: Dataset, tmp_path: Path) -> None:
    network = stripes_network(layout="NCHW", columns=2, size=None)
    names = ("batch_size", "num_channels", "height", "width")
    for dim, name in zip(network.graph.input[0].type.tensor_type.shape.dim, names, strict=True):
        dim.Clear()
        dim.dim_param = name
    save(network, "hub/model.onnx")
    processor = {"size": {"shortest_edge": 60}, "do_center_crop": True, "crop_size": {"height": 40}, "resample": 2}
    processor |= {"do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": False}
    (tmp_path / "hub" / "preprocessor_config.json").write_text(json.dumps(processor), "utf-8")
    result = import_model(tmp_path / "hub", tmp_path / "mine.onnx", classes=("real", "fake"), dataset=known)
    assert (result.card.preprocessing.size, result.card.preprocessing.resample) == (40, "bilinear")
    assert result.class_order.confirms


def test_a_class_without_readable_images_is_an_error(save: Save, known: Dataset, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    items = tuple(replace(item, path=broken) if item.label == "fake" else item for item in known)
    given = {"classes": ("real", "fake"), "normalize": "unit"}
    with pytest.raises(BadModelFile, match="no image of one class can be read"):
        import_model(save(stripes_network()), tmp_path / "m.onnx", dataset=replace(known, items=items), **given)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="margin"):
        import_model(save(stripes_network()), tmp_path / "m.onnx", dataset=known, margin=99.0, **given)  # type: ignore[arg-type]


def test_a_model_file_of_unmask_is_an_error(save: Save, known: Dataset, tmp_path: Path) -> None:
    declared = {"classes": ("real", "fake"), "normalize": "unit", "dataset": known}
    import_model(save(stripes_network()), tmp_path / "mine.onnx", **declared)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="is already a model file of unmask; use it with --model"):
        import_model(tmp_path / "mine.onnx", tmp_path / "again.onnx", **declared)  # type: ignore[arg-type]


def test_a_missing_fact_is_an_error_or_a_prompt(save: Save, known: Dataset, tmp_path: Path) -> None:
    source, target = save(stripes_network(size=None)), tmp_path / "mine.onnx"
    with pytest.raises(UsageError, match="add --classes real,fake or --classes fake,real"):
        import_model(source, target, dataset=known)
    with pytest.raises(UsageError, match="unmask needs real and fake"):
        import_model(source, target, classes=("cat", "dog"), dataset=known)
    with pytest.raises(UsageError, match="add --normalize with one of raw, unit"):
        import_model(source, target, classes=("real", "fake"), dataset=known)
    with pytest.raises(UsageError, match="give it with --size"):
        import_model(source, target, classes=("real", "fake"), normalize="unit", dataset=known)
    asked: list[str] = []

    def answer(question: str, answers: tuple[str, ...]) -> str:
        asked.append(question)
        return "unit"

    result = import_model(source, target, classes=("real", "fake"), size=SIZE, dataset=known, prompt=answer)
    assert len(asked) == 1
    assert result.class_order.confirms


def test_a_missing_size_is_a_prompt(save: Save, known: Dataset, tmp_path: Path) -> None:
    source, target = save(stripes_network(size=None)), tmp_path / "mine.onnx"
    declared = {"classes": ("real", "fake"), "normalize": "unit", "dataset": known}
    result = import_model(source, target, **declared, prompt=lambda question, answers: str(SIZE))  # type: ignore[arg-type]
    assert result.card.preprocessing.size == SIZE
    with pytest.raises(UsageError, match="'large' is not a size of at least 16 pixels"):
        import_model(source, target, **declared, prompt=lambda question, answers: "large")  # type: ignore[arg-type]
    fixed = save(stripes_network(), "fixed.onnx")
    import_model(fixed, target, **declared, prompt=lambda question, answers: pytest.fail(question))  # type: ignore[arg-type]


def test_unusable_files_are_errors(save: Save, known: Dataset, tmp_path: Path) -> None:
    noise = tmp_path / "noise.onnx"
    noise.write_bytes(b"noise")
    target, declared = tmp_path / "mine.onnx", {"classes": ("real", "fake"), "normalize": "unit", "dataset": known}
    with pytest.raises(BadModelFile, match="not a usable ONNX model"):
        import_model(noise, target, **declared)  # type: ignore[arg-type]
    with pytest.raises(UnknownModel, match="no such file"):
        import_model(tmp_path / "missing.onnx", target, **declared)  # type: ignore[arg-type]
    with pytest.raises(UnknownModel, match=r"unmask imports \.onnx"):
        import_model(Path(__file__), target, **declared)  # type: ignore[arg-type]
    three = stripes_network()
    three.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 3
    onnx.save(three, tmp_path / "three.onnx")
    with pytest.raises(BadModelFile, match="unmask needs one or two"):
        import_model(tmp_path / "three.onnx", target, **declared)  # type: ignore[arg-type]


def test_a_keras_file_is_imported_with_its_class_order(known: Dataset, tmp_path: Path) -> None:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    pytest.importorskip("h5py")
    inputs = keras.Input((SIZE, SIZE, 3))
    scaled = keras.layers.Rescaling(1 / 255)(inputs)
    right = keras.layers.Conv2D(3, (1, 2), groups=3, use_bias=False, activation="relu")
    pooled = keras.layers.GlobalAveragePooling2D()(right(scaled))
    output = keras.layers.Dense(1, activation="sigmoid")(pooled)
    model = keras.Model(inputs, output)
    right.set_weights([np.array([[[[1.0] * 3]], [[[-1.0] * 3]]], np.float32).reshape(1, 2, 1, 3)])
    model.layers[-1].set_weights([np.full((3, 1), 60.0, np.float32), np.array([-5.0], np.float32)])
    path = tmp_path / "keras.h5"
    model.save(path)
    result = import_model(path, tmp_path / "mine.onnx", classes=("fake", "real"), dataset=known)
    assert result.class_order.confirms
    with pytest.raises(BadModelFile, match="higher scores mean real"):
        import_model(path, tmp_path / "wrong.onnx", classes=("real", "fake"), dataset=known)
