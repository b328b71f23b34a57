"""The face check: scores of real faces and of other objects, and what it does with them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage import data

from unmask.errors import BadModelFile
from unmask.faces import FaceDetector, FoundFace, is_doubtful
from unmask.faces.crops import square_crops
from unmask.faces.face_check import FACE, OBJECT, FaceCheck
from unmask.runtime import open_session
from unmask.zoo import FACE_CHECK, FACES


@pytest.fixture(scope="module")
def check() -> FaceCheck:
    return FaceCheck.load(threads=1)


@pytest.fixture(scope="module")
def astronaut() -> Image.Image:
    return Image.fromarray(data.astronaut())


FACE_BOX = np.array([[177.0, 58.0, 269.0, 176.0]])


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.25])
def test_a_face_has_a_high_probability_at_every_size(check: FaceCheck, astronaut: Image.Image, scale: float) -> None:
    small = astronaut.resize((round(512 * scale), round(512 * scale)), Image.Resampling.BOX)
    (row,) = check.probabilities(small, FACE_BOX * scale)
    assert row[FACE] > 0.8
    assert row.sum() == pytest.approx(1, abs=1e-5)


def test_a_low_score_of_the_search_is_kept(check: FaceCheck, astronaut: Image.Image) -> None:
    box = (177.0, 58.0, 92.0, 118.0)
    low, high = (check.apply(astronaut, [FoundFace(box, score)])[0].score for score in (0.6, 0.61))
    assert low == 0.6
    assert high > 0.8


@pytest.mark.parametrize("name", ["coins", "page", "rocket", "coffee"])
def test_boxes_on_other_objects_are_rejected(check: FaceCheck, name: str) -> None:
    image = Image.fromarray(getattr(data, name)()).convert("RGB")
    side = min(image.size) / 2
    assert not any(not is_doubtful(face.score) for face in check.apply(image, [FoundFace((0, 0, side, side), 0.99)]))


def test_no_box_needs_no_run(check: FaceCheck, astronaut: Image.Image) -> None:
    assert check.apply(astronaut, []) == []


def test_crops_are_gray_beyond_the_border(astronaut: Image.Image) -> None:
    crops = square_crops(astronaut, np.array([[-40.0, -40.0, 40.0, 40.0], [200.0, 200.0, 260.0, 280.0]]), 1.0, 32)
    assert crops.shape == (2, 32, 32, 3)
    assert (crops[0, :15, :15] == 128).all()
    assert (crops[0, 17:, 17:] != 128).any()


def test_the_shipped_face_detector_checks_its_faces(astronaut: Image.Image) -> None:
    faces = FaceDetector.load(threads=1).find(astronaut)
    unchecked = FaceDetector(open_session(FACES.read(), threads=1)).find(astronaut)
    assert [face.box for face in faces] == [face.box for face in unchecked]
    assert faces[0].score != unchecked[0].score


def test_the_model_file_is_small_and_describes_itself(check: FaceCheck) -> None:
    assert len(FACE_CHECK.read()) <= 600_000
    assert check.card["output"].startswith("probabilities")
    assert OBJECT == 2


def test_another_model_is_rejected() -> None:
    with pytest.raises(BadModelFile, match="not a face check"):
        FaceCheck(open_session(FACES.read(), threads=1))
