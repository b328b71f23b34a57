"""What training judges on is what serving sees, to the pixel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unmask import Detector, open_image
from unmask.datasets import Dataset
from unmask.evaluation import TIERS
from unmask.faces import FaceFinder
from unmask.training.boxes import find_boxes
from unmask.training.loading import Exhibits


def served(detector: Detector, path: Path, tier: str) -> np.ndarray:
    """The model input of the first face, by the road `predict` takes; of the whole picture where there is none."""
    picture = open_image(path)
    if tier != "clean":
        picture = open_image(TIERS[tier].apply(picture.rgb()))
    sighting = detector.sight(picture, whole_picture=True)
    return detector.inputs(sighting.patches(detector.card.preparation.patch_size))[0]


@pytest.mark.parametrize("longest", [160, 512, 1000, 3000])
def test_the_held_out_part_is_prepared_as_users_pictures_are(
    detector: Detector, portrait: Image.Image, tmp_path: Path, longest: int
) -> None:
    """Small and large faces, and pictures that JPEG decodes at a reduced scale."""
    head = portrait.crop((120, 0, 360, 300))
    for label in ("Real", "Fake"):
        (tmp_path / label).mkdir()
        for width, height, name in ((longest, longest * 5 // 4, "head.jpg"), (longest, longest // 2, "wide.png")):
            head.resize((width, height)).save(tmp_path / label / name)
    Image.new("RGB", (longest, longest // 3), "skyblue").save(tmp_path / "Real" / "sky.jpg")
    dataset = Dataset.from_folder(tmp_path)
    boxes = find_boxes(dataset, finder=FaceFinder.load(threads=1))
    exhibits = Exhibits(dataset, boxes, detector.card.preparation)
    assert boxes["Real/sky.jpg"] is None
    assert boxes["Real/head.jpg"] is not None
    for index, item in enumerate(dataset):
        pixels, fake = exhibits[index]
        assert fake == (item.label == "fake")
        assert np.array_equal(pixels, served(detector, item.path, "clean"))


@pytest.mark.parametrize("tier", ["web", "hard"])
def test_a_box_follows_its_face_into_a_tier(
    detector: Detector, portrait: Image.Image, tmp_path: Path, tier: str
) -> None:
    for label in ("Real", "Fake"):
        (tmp_path / label).mkdir()
        portrait.resize((1024, 1024)).save(tmp_path / label / "astronaut.jpg")
    dataset = Dataset.from_folder(tmp_path)
    spoilt = open_image(TIERS[tier].apply(open_image(dataset.items[0].path).rgb()))
    x, y, w, h = detector.sight(spoilt).boxes[0]
    scale = 1024 / spoilt.width
    exhibits = Exhibits(
        dataset, {dataset.items[0].name: (x * scale, y * scale, w * scale, h * scale)}, detector.card.preparation, tier
    )
    assert np.array_equal(exhibits[0][0], served(detector, dataset.items[0].path, tier))
