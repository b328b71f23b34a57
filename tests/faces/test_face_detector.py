import csv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from unmask.errors import BadModelFile
from unmask.faces import FaceDetector, face_detector
from unmask.faces.boxes import pairwise_iou
from unmask.zoo import FACES

FACE = (175.0, 65.0, 96.0, 129.0)
"""Reference box in the astronaut picture: x, y, width, height."""


@pytest.fixture(scope="module")
def faces() -> FaceDetector:
    return FaceDetector.load(threads=1)


def overlap(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    corners = [np.array([[x, y, x + w, y + h]]) for x, y, w, h in (first, second)]
    return float(pairwise_iou(*corners)[0, 0])


def test_the_portrait_has_one_face(faces: FaceDetector, portrait: Image.Image) -> None:
    (face,) = faces.find(portrait)
    assert overlap(face.box, FACE) > 0.7
    assert face.score > 0.6


def test_landmarks_lie_where_eyes_nose_and_mouth_are(faces: FaceDetector, portrait: Image.Image) -> None:
    (face,) = faces.find(portrait)
    right_eye, left_eye, nose, right_mouth, left_mouth = face.landmarks
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_mouth[0] < left_mouth[0]
    assert max(right_eye[1], left_eye[1]) < nose[1] < min(right_mouth[1], left_mouth[1])


@pytest.mark.parametrize("side", [48, 160, 224, 640, 1500])
def test_a_tight_crop_is_one_face(faces: FaceDetector, portrait: Image.Image, side: int) -> None:
    x, y, w, h = FACE
    crop = portrait.resize((side, side), box=(x - 8, y - 4, x + w + 8, y + h + 4))
    (face,) = faces.find(crop)
    assert face.box[2] * face.box[3] > 0.5 * side * side


@pytest.mark.parametrize("scale", [0.25, 0.5, 2.0, 6.0])
def test_boxes_are_in_pixels_of_the_given_picture(faces: FaceDetector, portrait: Image.Image, scale: float) -> None:
    size = (round(512 * scale), round(512 * scale))
    found = faces.find(portrait.resize(size, Image.Resampling.BICUBIC))
    surest = max(found, key=lambda face: face.score)
    assert overlap(surest.box, tuple(value * scale for value in FACE)) > 0.6


def test_faces_of_a_group_are_sorted_by_size(faces: FaceDetector, portrait: Image.Image) -> None:
    person = portrait.crop((120, 20, 340, 280))
    row = Image.new("RGB", (1400, 400), (90, 110, 130))
    for number in range(6):
        row.paste(person.resize((110 + 20 * number, 130 + 24 * number)), (20 + 225 * number, 60))
    found = faces.find(row)
    assert len(found) == 6
    assert [face.box[0] for face in found] == sorted((face.box[0] for face in found), reverse=True)


@pytest.mark.parametrize("degrees", [-30, -15, 15, 30])
def test_a_rotated_face_is_found(faces: FaceDetector, portrait: Image.Image, degrees: int) -> None:
    turned = portrait.rotate(degrees, Image.Resampling.BICUBIC, center=(224, 130))
    assert any(overlap(face.box, FACE) > 0.5 for face in faces.find(turned))


def faceless() -> list[Image.Image]:
    """A plain, a noisy, a blurred and a drawn picture."""
    noise = Image.fromarray(np.random.default_rng(3).integers(0, 256, (300, 400, 3), np.uint8))
    drawn = Image.new("RGB", (500, 400), (200, 180, 150))
    draw = ImageDraw.Draw(drawn)
    for step in range(0, 500, 40):
        draw.line((step, 0, 500 - step, 400), fill=(60, 40, 20), width=5)
        draw.rectangle((step, step, step + 25, step + 60), fill=(20, 90, 160))
    smooth = noise.filter(ImageFilter.GaussianBlur(8))
    return [Image.new("RGB", (640, 480), (128, 128, 128)), noise, smooth, drawn]


@pytest.mark.parametrize("image", faceless(), ids=["plain", "noise", "blurred noise", "drawing"])
def test_a_picture_without_a_face_has_no_boxes(faces: FaceDetector, image: Image.Image) -> None:
    assert faces.find(image) == []


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (8, 8), (31, 33), (1, 4000), (4000, 1), (3000, 20)])
def test_extreme_sizes_are_searched(faces: FaceDetector, size: tuple[int, int]) -> None:
    assert faces.find(Image.new("RGB", size, (180, 140, 120))) == []


def test_boxes_stay_inside_the_picture(faces: FaceDetector, portrait: Image.Image) -> None:
    cut = portrait.crop((195, 70, 420, 300))
    for face in faces.find(cut):
        x, y, w, h = face.box
        assert min(x, y) >= 0
        assert x + w <= cut.width + 1e-3
        assert y + h <= cut.height + 1e-3


def test_results_are_deterministic_across_threads(faces: FaceDetector, portrait: Image.Image) -> None:
    expected = faces.find(portrait)
    with ThreadPoolExecutor(4) as pool:
        assert all(found == expected for found in pool.map(faces.find, [portrait] * 12))


def test_the_model_file_is_small_and_has_a_description(faces: FaceDetector) -> None:
    assert len(FACES.read()) <= 2_000_000
    assert {"name", "version", "input", "threshold", "training", "teacher", "figures"} <= faces.card.keys()
    assert 0 < faces.threshold < 1


def test_a_file_with_another_digest_is_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_detector, "FACES", replace(FACES, sha256="0" * 64))
    with pytest.raises(BadModelFile, match="sha256"):
        FaceDetector.load()


def test_a_model_without_a_description_is_rejected() -> None:
    class Foreign:
        metadata: ClassVar[dict[str, str]] = {}

    with pytest.raises(BadModelFile, match="not a face detector"):
        FaceDetector(Foreign())  # type: ignore[arg-type]


@pytest.mark.parametrize("source", ["dfdc", "faces140k", "openforensics", "portraits"])
def test_nearly_every_valid_picture_has_a_face(data: Path, faces: FaceDetector, source: str) -> None:
    with (data / "manifest.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["source"] == source and row["split"] == "valid"]
    names = [row["file_name"] for row in rows][:: max(1, len(rows) // 60)]
    found = [bool(faces.find(Image.open(data / name).convert("RGB"))) for name in names]
    assert sum(found) >= 0.95 * len(found)
