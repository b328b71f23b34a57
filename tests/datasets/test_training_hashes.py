"""Hashes of training images: the file beside a model, and the images of a dataset that it lists."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unmask.card import ModelCard
from unmask.datasets import Dataset, LabeledImage, audit
from unmask.datasets.splitting import read_hashes
from unmask.datasets.training_hashes import TrainingHashes, find_overlap
from unmask.errors import BadModelFile


@pytest.fixture
def training(tmp_path: Path) -> Dataset:
    """Twelve smooth random images of two sources."""
    rng = np.random.default_rng(3)
    items = []
    for number in range(12):
        path = tmp_path / f"{number}.png"
        pixels = Image.fromarray(rng.integers(0, 255, (12, 12, 3), np.uint8))
        pixels.resize((160, 160), Image.Resampling.BICUBIC).save(path)
        label, source = ("real", "fake")[number % 2], ("films", "studio")[number // 9]
        items.append(LabeledImage(path, label, "train", source, name=path.name))  # type: ignore[arg-type]
    return Dataset(tuple(items), "training")


@pytest.fixture
def known(training: Dataset) -> TrainingHashes:
    return TrainingHashes.of(training, read_hashes(training))


def card_of(training: Dataset) -> ModelCard:
    return ModelCard("m", "1", training_data={"lessons": {"sha256": training.sha256}})


def reencoded(item: LabeledImage, folder: Path) -> LabeledImage:
    path = folder / f"{item.path.stem}-again.jpg"
    with Image.open(item.path) as image:
        image.resize((90, 90)).save(path, quality=60)
    return replace(item, path=path, name=path.name)


def test_exact_and_reencoded_images_are_found_by_source(
    training: Dataset, known: TrainingHashes, tmp_path: Path
) -> None:
    Image.radial_gradient("L").save(tmp_path / "new.png")
    new = LabeledImage(tmp_path / "new.png", "real", None, "films", name="new.png")
    dataset = Dataset((training.items[0], reencoded(training.items[1], tmp_path), training.items[10], new), "given")
    overlap = known.overlap(dataset, read_hashes(dataset))
    assert overlap.to_dict() == {
        "pictures": 3,
        "of": 4,
        "sources": {"films": 2, "studio": 1},
        "listed": 12,
        "trained_on": 12,
    }
    assert "new.png" not in overlap.names
    assert overlap.message == "3 of these 4 pictures were learned: films 2, studio 1; figures on them are too good"


def test_a_file_beside_the_model_is_read_if_it_belongs_to_it(
    training: Dataset, known: TrainingHashes, tmp_path: Path
) -> None:
    model = tmp_path / "mine.onnx"
    model.touch()
    assert TrainingHashes.load(model, card_of(training)) is None
    (tmp_path / "mine.hashes.npz").write_bytes(known.to_bytes())
    found = find_overlap(model, card_of(training), training)
    assert found is not None
    assert found.images == 12
    assert find_overlap(model, card_of(training.take([0])), training) is None
    (tmp_path / "mine.hashes.npz").write_bytes(known.to_bytes()[:300])
    with pytest.raises(BadModelFile, match=r"mine\.onnx: the hashes of the training pictures are damaged"):
        TrainingHashes.load(model, card_of(training))


def test_a_sample_estimates_the_number_of_images(training: Dataset, known: TrainingHashes) -> None:
    sample = TrainingHashes.from_bytes(known.sample(4).to_bytes(), "sample")
    overlap = sample.overlap(training, read_hashes(training))
    assert (overlap.images, overlap.listed, overlap.trained_on) == (4, 4, 12)
    assert "(the model lists 4 of its 12 training pictures; about 12 were learned in all)" in overlap.message


def test_joined_hashes_list_equal_images_once(training: Dataset, known: TrainingHashes) -> None:
    first = TrainingHashes.of(training.take(range(8)), read_hashes(training))
    joined = first.joined(known)
    assert (len(joined.hashes), len(joined.sources), joined.trained_on) == (12, 12, 12)
    assert joined.training_sha256 == first.training_sha256


def test_the_audit_warns_of_learned_images(training: Dataset, known: TrainingHashes) -> None:
    result = audit(training, known=known)
    fault = next(fault for fault in result.faults if fault.name == "learned")
    assert (fault.is_error, fault.count) == (False, 12)
    assert result.to_dict()["training_overlap"]["pictures"] == 12
    assert "Pictures that the model was trained on" in result.to_html()
    assert "training_overlap" not in audit(training).to_dict()
