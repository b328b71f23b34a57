from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.training.conftest import write_pictures
from unmask.datasets import Dataset, LabeledImage
from unmask.errors import TrainingError, UsageError
from unmask.training.config import Recipe
from unmask.training.data.splits import add_missing_splits, filter_training_images, make_splits, write_manifest

SEVEN = Recipe(seed=7)


@pytest.fixture
def unsplit(tmp_path: Path) -> Path:
    """Twelve images of each class without splits."""
    write_pictures(tmp_path / "data", 12, np.random.default_rng(1))
    return tmp_path / "data"


def test_the_splits_do_not_depend_on_the_folder(unsplit: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(unsplit, tmp_path / "elsewhere" / "data"))
    one, other = (
        add_missing_splits(Dataset.load(place), tmp_path / f"{number}.csv", SEVEN, keep=False)
        for number, place in enumerate((unsplit, moved))
    )
    assert one.sha256 == other.sha256
    assert one.splits == ("train", "test")
    assert one.name == other.name == "data"
    assert {item.name for item in one} == {item.name for item in Dataset.load(unsplit)}
    assert Dataset.load(tmp_path / "0.csv").sha256 == one.sha256


def test_only_a_resumed_run_uses_the_existing_manifest(unsplit: Path, tmp_path: Path) -> None:
    dataset, path = Dataset.load(unsplit), tmp_path / "splits.csv"
    before = add_missing_splits(dataset, path, SEVEN, keep=False)
    assert add_missing_splits(dataset, path, replace(SEVEN, seed=8), keep=True) == before
    assert add_missing_splits(dataset, path, replace(SEVEN, seed=8), keep=False) != before


def test_only_filters_the_training_split(pictures: Path) -> None:
    dataset = Dataset.load(pictures)
    source = dataset.sources[0]
    kept = filter_training_images(dataset, [f"{source}:real"])
    assert {item.label for item in kept.subset("train")} == {"real"}
    assert len(kept.subset("test")) == len(dataset.subset("test"))
    with pytest.raises(UsageError, match="no training pictures of elsewhere:real"):
        filter_training_images(dataset, ["elsewhere:real"])


def test_the_recipe_filters_the_training_images(pictures: Path) -> None:
    loaded = Dataset.load(pictures)
    items = (replace(item, source=("here", "there")[place % 2]) for place, item in enumerate(loaded))
    dataset, everything, source = replace(loaded, items=tuple(items)), Recipe.load("cnn3"), "here"
    boxes = {item.name: (0.0, 0.0, 50.0, 50.0) for item in dataset}
    some = replace(everything, data=replace(everything.data, only=(f"{source}:real", f"{source}:fake")))
    whole, narrowed = (make_splits(dataset, boxes, recipe) for recipe in (everything, some))
    assert narrowed.train.sources == narrowed.calibration.sources == (source,)
    assert 0 < len(narrowed.train) < len(whole.train)
    assert narrowed.test == whole.test
    one_class = replace(everything, data=replace(everything.data, only=(f"{source}:real",)))
    with pytest.raises(TrainingError, match="not both classes"):
        make_splits(dataset, boxes, one_class)


@pytest.mark.parametrize("given", [None, "test"])
def test_near_duplicates_stay_in_one_split(unsplit: Path, tmp_path: Path, given: str | None) -> None:
    plain = Dataset.load(unsplit)
    for item in plain:
        shutil.copy(item.path, item.path.with_name(f"copy of {item.path.name}"))
    named = (replace(item, group=item.name) for item in Dataset.load(unsplit))
    items = tuple(
        replace(item, split=given if item.path.name[0] == "0" and index % 3 else None)
        for index, item in enumerate(named)
    )
    done = add_missing_splits(replace(plain, items=items), tmp_path / "splits.csv", SEVEN, keep=False)
    homes = {(item.label, item.path.name): item.split for item in done}
    assert set(homes.values()) == {"train", "test"}
    assert all(homes[label, f"copy of {name}"] == home for (label, name), home in homes.items() if name[0] == "0")


@pytest.mark.parametrize("change", ["fewer", "heavier", "grouped", "resplit"])
def test_a_run_is_not_resumed_with_other_images(unsplit: Path, tmp_path: Path, change: str) -> None:
    path, dataset = (
        tmp_path / "splits.csv",
        add_missing_splits(Dataset.load(unsplit), tmp_path / "splits.csv", SEVEN, keep=False),
    )
    other = {
        "fewer": dataset.take(range(4, 20)),
        "heavier": replace(dataset, items=tuple(replace(item, weight=2.0) for item in dataset)),
        "grouped": replace(dataset, items=tuple(replace(item, group="one") for item in dataset)),
        "resplit": replace(dataset, items=tuple(replace(item, split="train") for item in dataset)),
    }[change]
    with pytest.raises(TrainingError, match="holds a run on other pictures"):
        add_missing_splits(other, path, SEVEN, keep=True)


def test_a_stable_split_keeps_its_test_images(tmp_path: Path) -> None:
    """With more images and another seed, test images stay test images, and training images never become test images."""
    items = [
        LabeledImage(
            tmp_path / f"{number}.jpg", ("real", "fake")[number % 2], None, "data", group=f"person {number // 2}"
        )
        for number in range(400)
    ]
    stable = replace(SEVEN, data=replace(SEVEN.data, stable_split=True))
    few, more = (
        add_missing_splits(
            Dataset(tuple(items[:count]), "data"), tmp_path / f"{count}.csv", replace(stable, seed=count), keep=False
        )
        for count in (300, 400)
    )
    assert 0.08 < len(more.subset("test")) / len(more) < 0.22
    assert {item.name for item in few.subset("test")} <= {item.name for item in more.subset("test")}
    assert not {item.name for item in few.subset("train")} & {item.name for item in more.subset("test")}


def test_images_without_a_split_join_their_group(unsplit: Path, tmp_path: Path) -> None:
    loaded = Dataset.load(unsplit)
    given = {0: "train", 1: "valid", 2: "train"}
    items = [replace(item, split=given.get(index), group=f"person {index % 4}") for index, item in enumerate(loaded)]
    half = replace(loaded, items=tuple(items))
    whole = add_missing_splits(half, tmp_path / "splits.csv", SEVEN, keep=False)
    assert whole.splits == ("train", "valid")
    assert [item.name for item in whole] == [item.name for item in half]
    assert all(after.split == before.split for before, after in zip(half, whole, strict=True) if before.split)
    homes = {item.group: {other.split for other in whole if other.group == item.group} for item in whole}
    assert all(len(found) == 1 for found in homes.values())
    assert add_missing_splits(half, tmp_path / "splits.csv", replace(SEVEN, seed=8), keep=True) == whole


def test_a_file_name_that_is_not_unicode_survives_the_manifest(tmp_path: Path) -> None:
    for name in ("data/Real/a.jpg", "data/Fake/b.jpg"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    try:
        os.rename(os.fsencode(tmp_path / "data/Real/a.jpg"), os.fsencode(tmp_path) + b"/data/Real/Andr\xe9.jpg")
    except OSError:
        pytest.skip("this file system accepts only Unicode names")
    dataset = Dataset.load(tmp_path / "data")
    complete = replace(dataset, items=tuple(replace(item, split="train") for item in dataset))
    write_manifest(complete, tmp_path / "splits.csv")
    assert Dataset.load(tmp_path / "splits.csv").sha256 == complete.sha256
