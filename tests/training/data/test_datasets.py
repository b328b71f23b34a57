from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unmask import Detector, open_image
from unmask.datasets import Dataset
from unmask.evaluation import TIERS
from unmask.faces import FaceDetector
from unmask.preprocessing import Box
from unmask.training.config import Recipe
from unmask.training.data.datasets import EvalDataset, TrainDataset
from unmask.training.data.face_box_cache import find_face_boxes
from unmask.training.data.sampler import SampleSpec

BOX: Box = (140.0, 40.0, 150.0, 180.0)


@pytest.fixture
def train_images(portrait: Image.Image, tmp_path: Path) -> TrainDataset:
    """The portrait as real images and one fake; pseudo-fakes are blends only."""
    for name, image in (("Real/a.png", portrait), ("Real/b.png", portrait.rotate(3)), ("Fake/c.png", portrait)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        image.save(tmp_path / name)
    dataset = Dataset.from_folder(tmp_path)
    settings = {"share": 0.5, "blend": 1.0, "swap": 0.0, "upsampling": 0.0}
    recipe = Recipe.load("tiny", preprocessing={"size": 128}, pseudo_fakes=settings)
    return TrainDataset(dataset, {item.name: BOX for item in dataset}, recipe)


@pytest.mark.parametrize("serial", range(6))
def test_a_pseudo_fake_and_its_original_differ_only_in_the_manipulation(
    train_images: TrainDataset, serial: int
) -> None:
    index = next(place for place, item in enumerate(train_images.dataset) if item.label == "real")
    fake, one = train_images[SampleSpec(index, serial, pseudo_fake=True, paired=True)]
    real, zero = train_images[SampleSpec(index, serial, paired=True)]
    assert (one, zero) == (1.0, 0.0)
    apart = np.abs(fake.astype(float) - real).mean()
    other, _ = train_images[SampleSpec(index, serial + 100, paired=True)]
    assert 0.1 < apart < np.abs(other.astype(float) - real).mean()


def test_originals_of_pseudo_fakes_may_be_degraded(train_images: TrainDataset) -> None:
    settings = replace(train_images.recipe.pseudo_fakes, degrade_originals=1.0)
    degraded = replace(train_images, recipe=replace(train_images.recipe, pseudo_fakes=settings))
    index = next(place for place, item in enumerate(train_images.dataset) if item.label == "real")
    for serial in range(4):
        sample = SampleSpec(index, serial, paired=True)
        (plain, _), (lost, label) = train_images[sample], degraded[sample]
        assert label == 0.0
        assert np.abs(plain.astype(float) - lost).mean() > 0.2
        fake = replace(sample, pseudo_fake=True)
        assert np.array_equal(train_images[fake][0], degraded[fake][0])
        alone = replace(sample, paired=False)
        assert np.array_equal(train_images[alone][0], degraded[alone][0])


def test_a_second_view_has_another_augmentation(train_images: TrainDataset) -> None:
    sample = SampleSpec(0, 5, paired=True)
    first, one = train_images[sample]
    second, other = train_images[replace(sample, second_view=True)]
    assert one == other
    assert not np.array_equal(first, second)


def test_a_sample_always_has_the_same_pixels(train_images: TrainDataset) -> None:
    sample = SampleSpec(0, 5, paired=True)
    assert np.array_equal(train_images[sample][0], train_images[sample][0])


def detector_input(detector: Detector, path: Path, tier: str) -> np.ndarray:
    """The model input that `predict` computes for the first face, or for the full frame if there is no face."""
    picture = open_image(path)
    if tier != "clean":
        picture = open_image(TIERS[tier].apply(picture.rgb()))
    located = detector.locate_faces(picture, whole_picture=True)
    return detector.inputs(located.patches(detector.card.preprocessing.patch_size))[0]


@pytest.mark.parametrize("longest", [160, 512, 1000, 3000])
def test_evaluation_images_are_preprocessed_as_in_inference(
    detector: Detector, portrait: Image.Image, tmp_path: Path, longest: int
) -> None:
    """Small and large faces, and images that are decoded at a reduced scale."""
    head = portrait.crop((120, 0, 360, 300))
    for label in ("Real", "Fake"):
        (tmp_path / label).mkdir()
        for width, height, name in ((longest, longest * 5 // 4, "head.jpg"), (longest, longest // 2, "wide.png")):
            head.resize((width, height)).save(tmp_path / label / name, compress_level=1)
    Image.new("RGB", (longest, longest // 3), "skyblue").save(tmp_path / "Real" / "sky.jpg")
    dataset = Dataset.from_folder(tmp_path)
    boxes = find_face_boxes(dataset, face_detector=FaceDetector.load(threads=1))
    eval_images = EvalDataset(dataset, boxes, detector.card.preprocessing)
    assert boxes["Real/sky.jpg"] is None
    assert boxes["Real/head.jpg"] is not None
    for index, item in enumerate(dataset):
        pixels, fake, region = eval_images[index]
        assert fake == (item.label == "fake")
        assert region.tolist() == [0, 0, 1, 1]
        assert np.array_equal(pixels, detector_input(detector, item.path, "clean"))


@pytest.mark.parametrize("tier", ["web", "hard"])
def test_the_face_box_is_scaled_to_the_tier(
    detector: Detector, portrait: Image.Image, tmp_path: Path, tier: str
) -> None:
    for label in ("Real", "Fake"):
        (tmp_path / label).mkdir()
        portrait.resize((1024, 1024)).save(tmp_path / label / "astronaut.jpg")
    dataset = Dataset.from_folder(tmp_path)
    recompressed = open_image(TIERS[tier].apply(open_image(dataset.items[0].path).rgb()))
    x, y, w, h = detector.locate_faces(recompressed).boxes[0]
    scale = 1024 / recompressed.width
    eval_images = EvalDataset(
        dataset,
        {dataset.items[0].name: (x * scale, y * scale, w * scale, h * scale)},
        detector.card.preprocessing,
        tier,
    )
    assert np.array_equal(eval_images[0][0], detector_input(detector, dataset.items[0].path, tier))
