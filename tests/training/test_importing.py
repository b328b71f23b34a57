"""Foreign networks whose polarity is known: they call a picture by the direction of its stripes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.conftest import Run
from unmask.datasets import Dataset
from unmask.detector import Detector
from unmask.errors import BadModelFile, UnknownModel, UsageError
from unmask.training import import_model
from unmask.training.importing.normalisation import from_config
from unmask.training.importing.sources import classes_of, side_of

SIZE = 32
Save = Callable[..., Path]


def stripes_network(
    *,
    layout: str = "NHWC",
    columns: int = 1,
    activation: str | None = "Sigmoid",
    says: str = "fake",
    size: int | None = SIZE,
    batch: int | None = None,
) -> onnx.ModelProto:
    """Level stripes (fakes, in these tests) differ between rows, upright ones between columns.

    The score is the difference of both variations, for pixels in 0..1; with two columns it stands in the second.
    """
    rows, across = (2, 3) if layout == "NCHW" else (1, 2)
    count = batch or "N"
    shape = [count, 3, size, size] if layout == "NCHW" else [count, size, size, 3]
    nodes, weights = [], []

    def constant(name: str, values: object, kind: type = np.int64) -> str:
        weights.append(numpy_helper.from_array(np.array(values, kind), name))
        return name

    for name, axis in (("down", rows), ("right", across)):
        for part, start, end in (("a", 1, 2**31 - 1), ("b", 0, -1)):
            limits = [
                constant(f"{name}_{part}_{key}", [value]) for key, value in (("s", start), ("e", end), ("x", axis))
            ]
            nodes.append(helper.make_node("Slice", ["input", *limits], [f"{name}_{part}"]))
        nodes.append(helper.make_node("Sub", [f"{name}_a", f"{name}_b"], [f"{name}_step"]))
        nodes.append(helper.make_node("Abs", [f"{name}_step"], [f"{name}_size"]))
        nodes.append(
            helper.make_node("ReduceMean", [f"{name}_size", constant(f"{name}_all", [1, 2, 3])], [name], keepdims=0)
        )
    first, second = ("down", "right") if says == "fake" else ("right", "down")
    nodes.append(helper.make_node("Sub", [first, second], ["difference"]))
    nodes.append(helper.make_node("Mul", ["difference", constant("gain", 60.0, np.float32)], ["evidence"]))
    nodes.append(helper.make_node("Reshape", ["evidence", constant("column_shape", [batch or -1, 1])], ["column"]))
    last = "column"
    if columns == 2:
        nodes.append(helper.make_node("Neg", ["column"], ["negative"]))
        nodes.append(helper.make_node("Concat", ["negative", "column"], ["pair"], axis=1))
        last = "pair"
    if activation:
        nodes.append(helper.make_node(activation, [last], ["activated"]))
        last = "activated"
    nodes.append(helper.make_node("Identity", [last], ["output"]))
    graph = helper.make_graph(
        nodes,
        "stripes",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [count, columns])],
        weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(model: onnx.ModelProto, name: str = "foreign.onnx") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, path)
        return path

    return write


@pytest.fixture(scope="module")
def known(pictures: Path) -> Dataset:
    return Dataset.load(pictures).subset("train")


def test_a_network_exported_for_one_picture_at_a_time_imports(save: Save, known: Dataset, tmp_path: Path) -> None:
    source = save(stripes_network(batch=1))
    import_model(source, tmp_path / "mine.onnx", classes=("real", "fake"), normalise="unit", dataset=known)
    detector = Detector.load(tmp_path / "mine.onnx", threads=1)
    for label, fake in (("real", False), ("fake", True)):
        (picture,) = known.where(label=label).items[:1]
        verdict = detector.predict(picture.path, whole_picture=True, stability=False)
        assert ((verdict.probability_fake or 0) > 0.5) == fake


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize(("columns", "activation"), [(1, "Sigmoid"), (1, None), (2, "Softmax"), (2, None)])
def test_every_kind_of_network_imports(
    save: Save, known: Dataset, tmp_path: Path, layout: str, columns: int, activation: str | None
) -> None:
    source = save(stripes_network(layout=layout, columns=columns, activation=activation))
    result = import_model(source, tmp_path / "mine.onnx", classes=("real", "fake"), normalise="unit", dataset=known)
    assert result.probe.agrees
    assert result.calibrated
    assert result.probe.auc.value > 0.9
    assert Detector.load(tmp_path / "mine.onnx").card.name == "foreign"


def test_the_scores_are_those_of_the_foreign_network(save: Save, known: Dataset, tmp_path: Path) -> None:
    from unmask.training.export.onnx import open_file

    source = save(stripes_network())
    import_model(source, tmp_path / "mine.onnx", classes=("real", "fake"), normalise="unit", dataset=known)
    pixels = np.random.default_rng(0).integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8)
    unit = pixels / 255
    steps = [np.abs(np.diff(unit, axis=axis)).mean((1, 2, 3)) for axis in (1, 2)]
    assert open_file(tmp_path / "mine.onnx").run(pixels=pixels)["logit"] == pytest.approx(
        60 * (steps[0] - steps[1]), abs=1e-4
    )


@pytest.mark.parametrize("columns", [1, 2])
def test_a_network_that_allows_real_imports_when_declared_so_and_not_otherwise(
    save: Save, known: Dataset, tmp_path: Path, columns: int
) -> None:
    source = save(stripes_network(says="real", columns=columns, activation=None))
    right = import_model(source, tmp_path / "mine.onnx", classes=("fake", "real"), normalise="unit", dataset=known)
    assert right.probe.auc.value > 0.9
    with pytest.raises(BadModelFile, match=r"higher scores mean real.*probably --classes fake,real"):
        import_model(source, tmp_path / "wrong.onnx", classes=("real", "fake"), normalise="unit", dataset=known)
    assert not (tmp_path / "wrong.onnx").exists()


def test_the_command_refuses_with_one_line_and_exit_1(save: Save, pictures: Path, tmp_path: Path, run_cli: Run) -> None:
    source = save(stripes_network(says="real"))
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
def test_a_few_pictures_are_enough_to_refuse(save: Save, known: Dataset, tmp_path: Path, count: int) -> None:
    source = save(stripes_network(says="real", activation=None))
    few = known.take([*np.flatnonzero(known.labels == 0)[:count], *np.flatnonzero(known.labels == 1)[:count]])
    with pytest.raises(BadModelFile, match="higher scores mean real"):
        import_model(source, tmp_path / "wrong.onnx", classes=("real", "fake"), normalise="unit", dataset=few)
    assert import_model(
        source, tmp_path / "mine.onnx", classes=("fake", "real"), normalise="unit", dataset=few
    ).probe.agrees


def test_without_pictures_the_bundled_portrait_is_used_and_nothing_is_claimed(save: Save, tmp_path: Path) -> None:
    result = import_model(save(stripes_network()), tmp_path / "mine.onnx", classes=("real", "fake"), normalise="unit")
    assert result.probe.bundled
    assert not result.calibrated
    assert any("not calibrated" in limit for limit in result.card.limits)


def test_a_hub_folder_says_its_ownclasses_of_size_and_normalisation(save: Save, known: Dataset, tmp_path: Path) -> None:
    save(stripes_network(layout="NCHW", columns=2, says="real", activation="Softmax", size=None), "hub/onnx/model.onnx")
    folder = tmp_path / "hub"
    (folder / "config.json").write_text(json.dumps({"id2label": {"0": "Deepfake", "1": "Realism"}}), "utf-8")
    processor = {"do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": False, "size": {"height": 40}}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor), "utf-8")
    with pytest.raises(UsageError, match="which output is which class"):
        import_model(folder, tmp_path / "mine.onnx", dataset=known)
    (folder / "config.json").write_text(json.dumps({"id2label": {"0": "Deepfake", "1": "Real"}}), "utf-8")
    result = import_model(folder, tmp_path / "mine.onnx", dataset=known)
    assert result.card.preprocessing.size == 40
    assert result.probe.auc.value > 0.9


def test_a_hub_folder_may_name_its_axes_and_crop_what_it_scaled(save: Save, known: Dataset, tmp_path: Path) -> None:
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
    assert result.probe.agrees


@pytest.mark.parametrize(
    ("config", "processor"),
    [
        ({"id2label": 3}, {}),
        ({"id2label": {"zero": "real", "one": "fake"}}, {}),
        ({}, {"image_mean": [0.5, 0.5]}),
        ({}, {"size": {"height": 40, "width": 60}}),
        ({}, {"size": "large"}),
    ],
)
def test_a_hub_folder_that_is_not_understood_is_said(
    save: Save, known: Dataset, tmp_path: Path, config: dict[str, object], processor: dict[str, object]
) -> None:
    save(stripes_network(layout="NCHW", columns=2, size=None), "hub/model.onnx")
    (tmp_path / "hub" / "config.json").write_text(json.dumps(config), "utf-8")
    (tmp_path / "hub" / "preprocessor_config.json").write_text(json.dumps({"do_rescale": True} | processor), "utf-8")
    with pytest.raises(BadModelFile, match="is not understood"):
        import_model(tmp_path / "hub", tmp_path / "mine.onnx", classes=("real", "fake"), dataset=known)


def test_sizes_and_means_may_stand_in_lists() -> None:
    assert [side_of(size) for size in (40, [40, 40], {"shortest_edge": 40}, {"height": 40}, None)] == [40] * 4 + [None]
    assert from_config({"image_mean": [0.5], "image_std": [0.25]}).mean == (0.5, 0.5, 0.5)
    assert classes_of(["fake", "real"]) == classes_of({"1": "real", "0": "fake"}) == ("fake", "real")


def test_pictures_of_which_a_class_cannot_be_read_prove_nothing(save: Save, known: Dataset, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    items = tuple(replace(item, path=broken) if item.label == "fake" else item for item in known)
    given = {"classes": ("real", "fake"), "normalise": "unit"}
    with pytest.raises(BadModelFile, match="nothing can be probed"):
        import_model(save(stripes_network()), tmp_path / "m.onnx", dataset=replace(known, items=items), **given)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="margin"):
        import_model(save(stripes_network()), tmp_path / "m.onnx", dataset=known, margin=99.0, **given)  # type: ignore[arg-type]


def test_a_model_file_of_ours_is_not_imported_again(save: Save, known: Dataset, tmp_path: Path) -> None:
    declared = {"classes": ("real", "fake"), "normalise": "unit", "dataset": known}
    import_model(save(stripes_network()), tmp_path / "mine.onnx", **declared)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="a model file of unmask already: use it with --model"):
        import_model(tmp_path / "mine.onnx", tmp_path / "again.onnx", **declared)  # type: ignore[arg-type]


def test_normalisation_is_read_from_a_preprocessor_config() -> None:
    config = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
    assert from_config(config).scale == pytest.approx(1 / 255)
    assert from_config(config).mean == (0.485, 0.456, 0.406)
    assert from_config({"do_rescale": False, "do_normalize": False}).scale == 1.0


def test_what_was_not_said_is_asked_for(save: Save, known: Dataset, tmp_path: Path) -> None:
    source, target = save(stripes_network(size=None)), tmp_path / "mine.onnx"
    with pytest.raises(UsageError, match="say --classes"):
        import_model(source, target, dataset=known)
    with pytest.raises(UsageError, match="unmask needs real and fake"):
        import_model(source, target, classes=("cat", "dog"), dataset=known)
    with pytest.raises(UsageError, match="say --normalise with one of raw, unit"):
        import_model(source, target, classes=("real", "fake"), dataset=known)
    with pytest.raises(UsageError, match="give it with --size"):
        import_model(source, target, classes=("real", "fake"), normalise="unit", dataset=known)
    asked: list[str] = []

    def answer(question: str, answers: tuple[str, ...]) -> str:
        asked.append(question)
        return "unit"

    result = import_model(source, target, classes=("real", "fake"), size=SIZE, dataset=known, ask=answer)
    assert len(asked) == 1
    assert result.probe.agrees


def test_a_size_that_nobody_said_is_asked_for(save: Save, known: Dataset, tmp_path: Path) -> None:
    source, target = save(stripes_network(size=None)), tmp_path / "mine.onnx"
    declared = {"classes": ("real", "fake"), "normalise": "unit", "dataset": known}
    result = import_model(source, target, **declared, ask=lambda question, answers: str(SIZE))  # type: ignore[arg-type]
    assert result.card.preprocessing.size == SIZE
    with pytest.raises(UsageError, match="'large' is no size in pixels"):
        import_model(source, target, **declared, ask=lambda question, answers: "large")  # type: ignore[arg-type]
    fixed = save(stripes_network(), "fixed.onnx")
    import_model(fixed, target, **declared, ask=lambda question, answers: pytest.fail(question))  # type: ignore[arg-type]


def test_unusable_files_are_refused(save: Save, known: Dataset, tmp_path: Path) -> None:
    noise = tmp_path / "noise.onnx"
    noise.write_bytes(b"noise")
    target, settings = tmp_path / "mine.onnx", {"classes": ("real", "fake"), "normalise": "unit", "dataset": known}
    with pytest.raises(BadModelFile, match="not a usable ONNX model"):
        import_model(noise, target, **settings)  # type: ignore[arg-type]
    with pytest.raises(UnknownModel, match="no such file"):
        import_model(tmp_path / "missing.onnx", target, **settings)  # type: ignore[arg-type]
    with pytest.raises(UnknownModel, match=r"unmask imports \.onnx"):
        import_model(Path(__file__), target, **settings)  # type: ignore[arg-type]
    three = stripes_network()
    three.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 3
    onnx.save(three, tmp_path / "three.onnx")
    with pytest.raises(BadModelFile, match="unmask needs one or two"):
        import_model(tmp_path / "three.onnx", target, **settings)  # type: ignore[arg-type]


def test_a_keras_file_imports_with_the_polarity_it_is_declared_with(known: Dataset, tmp_path: Path) -> None:
    import os

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
    assert result.probe.agrees
    with pytest.raises(BadModelFile, match="higher scores mean real"):
        import_model(path, tmp_path / "wrong.onnx", classes=("real", "fake"), dataset=known)
