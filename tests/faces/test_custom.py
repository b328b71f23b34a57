"""Face detectors that users supply."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from unmask import Detector, open_image
from unmask.detector import DetectorConfig
from unmask.errors import BadModelFile, UsageError
from unmask.faces import FaceDetector, identify_face_detector, is_importable, load_face_detector
from unmask.faces.yunet import OUTPUTS, STRIDES, YuNetFaceDetector
from unmask.scanning.task import ScanConfig
from unmask.zoo import FACES, shipped

Boxes = list[tuple[float, ...]]


def two_faces(image: Image.Image) -> Boxes:
    """The left and the right half of a picture, with a score that is ignored."""
    width, height = image.size
    return [(0, 0, width / 4, height, 0.9), (width / 2, 0, width, height, 0.1)]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "plain.png"
    Image.new("RGB", (200, 100), "gray").save(path)
    return path


def yunet_file(path: Path, side: int | str = "side") -> Path:
    """A model with the outputs of YuNet: scores from the brightness of cells, boxes of twice the stride."""
    nodes = []
    one = helper.make_tensor("scale", TensorProto.FLOAT, [1], [1 / 255])
    shape = helper.make_tensor("shape_1", TensorProto.INT64, [3], [1, -1, 1])
    nodes.append(helper.make_node("Mul", ["input", "scale"], ["unit"]))
    nodes.append(helper.make_node("ReduceMean", ["unit"], ["gray"], axes=[1], keepdims=1))
    for stride in STRIDES:
        square, cells = [stride, stride], f"cells_{stride}"
        nodes.append(helper.make_node("AveragePool", ["gray"], [cells], kernel_shape=square, strides=square))
        nodes.append(helper.make_node("Reshape", [cells, "shape_1"], [f"cls_{stride}"]))
        nodes.append(helper.make_node("Identity", [f"cls_{stride}"], [f"obj_{stride}"]))
        for name, count in (("bbox", 4), ("kps", 10)):
            parts = [f"cls_{stride}"] * count
            nodes.append(helper.make_node("Concat", parts, [f"{name}_{stride}"], axis=2))
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in OUTPUTS]
    pixels = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, side, side if side == 640 else "w"])
    graph = helper.make_graph(nodes, "yunet", [pixels], outputs, [one, shape])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


def test_a_function_gives_the_faces(picture: Path) -> None:
    verdict = Detector.load("fast", faces=two_faces).predict(picture, stability=False)
    assert [face.box for face in verdict.faces] == [(100, 0, 100, 100), (0, 0, 50, 100)]
    assert verdict.smallest_face is None


def test_module_and_function_are_imported_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture: Path
) -> None:
    (tmp_path / "my_faces_for_a_test.py").write_text("def find(image):\n    return [(1, 2, 30, 40)]\n")
    monkeypatch.chdir(tmp_path)
    detector = load_face_detector("my_faces_for_a_test:find")
    assert detector.find_boxes(open_image(picture)) == ((1, 2, 30, 40),)
    assert str(tmp_path) not in sys.path


@pytest.mark.parametrize("rows", [[(1, 2, 3)], [(0, 0, 0, 5)], [(0, 0, float("nan"), 5)], 5, [("a", 0, 1, 1)]])
def test_a_function_that_returns_no_boxes_is_named(rows: object) -> None:
    detector = load_face_detector(lambda image: rows)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"test_custom:.*<lambda> (did not return rows|returned a box)"):
        detector.find(Image.new("RGB", (9, 9)))


@pytest.mark.parametrize(
    ("faces", "error", "message"),
    [
        ("missing.onnx", BadModelFile, "missing.onnx: the face detector cannot be read"),
        ("no_such_module:find", UsageError, "cannot be imported"),
        ("os:no_such_function", UsageError, "cannot be imported"),
        ("os:path", UsageError, "is not a function"),
    ],
)
def test_what_cannot_be_loaded_is_named_before_a_picture_is_read(
    faces: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Detector.load("fast", faces=faces)


def test_a_file_that_is_no_face_detector_is_rejected(tmp_path: Path) -> None:
    model = tmp_path / "fast.onnx"
    entry = shipped("fast")
    assert entry
    model.write_bytes(entry.read())
    with pytest.raises(BadModelFile, match=r"fast\.onnx: not a face detector"):
        load_face_detector(model)


def test_a_file_in_the_shipped_format_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "faces.onnx"
    path.write_bytes(FACES.read())
    assert isinstance(load_face_detector(path), FaceDetector)
    assert identify_face_detector(path) == identify_face_detector() | {"name": "faces.onnx"}


def test_yunet_files_are_decoded_in_pixels_of_the_picture(tmp_path: Path) -> None:
    detector = load_face_detector(yunet_file(tmp_path / "yunet.onnx"))
    assert isinstance(detector, YuNetFaceDetector)
    pixels = np.zeros((128, 160, 3), np.uint8)
    pixels[48:80, 64:96] = 255
    (face, *_) = detector.find(Image.fromarray(pixels))
    x, y, width, height = face.box
    assert width == pytest.approx(height)
    assert 64 <= x + width / 2 <= 112
    assert 48 <= y + height / 2 <= 96
    assert len(face.landmarks) == 5


def test_yunet_files_of_one_size_are_rejected_with_advice(tmp_path: Path) -> None:
    with pytest.raises(BadModelFile, match=r"only 640×640 pixels; use the export with dynamic sizes"):
        load_face_detector(yunet_file(tmp_path / "fixed.onnx", 640))


def test_cache_keys_differ_between_face_detectors() -> None:
    detector = Detector.load("fast")
    keys = {ScanConfig(DetectorConfig("fast", faces=faces)).cache_key(detector) for faces in (None, two_faces)}
    assert len(keys) == 2


def test_only_functions_at_module_level_reach_worker_processes() -> None:
    assert is_importable(None)
    assert is_importable("yunet.onnx")
    assert is_importable(two_faces)
    assert not is_importable(lambda image: [])
