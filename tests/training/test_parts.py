"""Splits that are made for a run, and boxes that are kept between runs."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.training.conftest import write_pictures
from unmask.datasets import Dataset, Item
from unmask.errors import TrainingError, UsageError
from unmask.training.boxes import find_boxes
from unmask.training.parts import divide, narrow, split, write_manifest
from unmask.training.recipe import Recipe

SEVEN = Recipe(seed=7)


@pytest.fixture
def unsplit(tmp_path: Path) -> Path:
    """Twelve pictures of each class without splits."""
    write_pictures(tmp_path / "data", 12, np.random.default_rng(1))
    return tmp_path / "data"


def test_a_made_split_is_the_same_wherever_the_pictures_lie(unsplit: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(unsplit, tmp_path / "elsewhere" / "data"))
    one, other = (
        split(Dataset.load(place), tmp_path / f"{number}.csv", SEVEN, keep=False)
        for number, place in enumerate((unsplit, moved))
    )
    assert one.sha256 == other.sha256
    assert one.splits == ("train", "test")
    assert one.name == other.name == "data"
    assert {item.name for item in one} == {item.name for item in Dataset.load(unsplit)}
    assert Dataset.load(tmp_path / "0.csv").sha256 == one.sha256


def test_only_a_run_that_goes_on_takes_the_split_that_is_there(unsplit: Path, tmp_path: Path) -> None:
    dataset, path = Dataset.load(unsplit), tmp_path / "splits.csv"
    before = split(dataset, path, SEVEN, keep=False)
    assert split(dataset, path, replace(SEVEN, seed=8), keep=True) == before
    assert split(dataset, path, replace(SEVEN, seed=8), keep=False) != before


def test_only_leaves_the_rest_out_of_training_and_nothing_out_of_the_report(pictures: Path) -> None:
    dataset = Dataset.load(pictures)
    source = dataset.sources[0]
    kept = narrow(dataset, [f"{source}:real"])
    assert {item.label for item in kept.subset("train")} == {"real"}
    assert len(kept.subset("test")) == len(dataset.subset("test"))
    with pytest.raises(UsageError, match="no training pictures of elsewhere:real"):
        narrow(dataset, ["elsewhere:real"])


def test_a_recipe_says_what_is_learnt_from(pictures: Path) -> None:
    loaded = Dataset.load(pictures)
    items = (replace(item, source=("here", "there")[place % 2]) for place, item in enumerate(loaded))
    dataset, everything, source = replace(loaded, items=tuple(items)), Recipe.load("cnn3"), "here"
    boxes = {item.name: (0.0, 0.0, 50.0, 50.0) for item in dataset}
    some = replace(everything, data=replace(everything.data, only=(f"{source}:real", f"{source}:fake")))
    whole, narrowed = (divide(dataset, boxes, recipe) for recipe in (everything, some))
    assert narrowed.lessons.sources == narrowed.held_out.sources == (source,)
    assert 0 < len(narrowed.lessons) < len(whole.lessons)
    assert narrowed.reported == whole.reported
    one_class = replace(everything, data=replace(everything.data, only=(f"{source}:real",)))
    with pytest.raises(TrainingError, match="not both classes"):
        divide(dataset, boxes, one_class)


@pytest.mark.parametrize("given", [None, "test"])
def test_a_copy_in_another_group_stays_with_its_original(unsplit: Path, tmp_path: Path, given: str | None) -> None:
    plain = Dataset.load(unsplit)
    for item in plain:
        shutil.copy(item.path, item.path.with_name(f"copy of {item.path.name}"))
    named = (replace(item, group=item.name) for item in Dataset.load(unsplit))
    items = tuple(
        replace(item, split=given if item.path.name[0] == "0" and index % 3 else None)
        for index, item in enumerate(named)
    )
    done = split(replace(plain, items=items), tmp_path / "splits.csv", SEVEN, keep=False)
    homes = {(item.label, item.path.name): item.split for item in done}
    assert set(homes.values()) == {"train", "test"}
    assert all(homes[label, f"copy of {name}"] == home for (label, name), home in homes.items() if name[0] == "0")


@pytest.mark.parametrize("change", ["fewer", "heavier", "grouped", "resplit"])
def test_a_run_does_not_go_on_with_other_pictures(unsplit: Path, tmp_path: Path, change: str) -> None:
    path, dataset = tmp_path / "splits.csv", split(Dataset.load(unsplit), tmp_path / "splits.csv", SEVEN, keep=False)
    other = {
        "fewer": dataset.take(range(4, 20)),
        "heavier": replace(dataset, items=tuple(replace(item, weight=2.0) for item in dataset)),
        "grouped": replace(dataset, items=tuple(replace(item, group="one") for item in dataset)),
        "resplit": replace(dataset, items=tuple(replace(item, split="train") for item in dataset)),
    }[change]
    with pytest.raises(TrainingError, match="holds a run on other pictures"):
        split(other, path, SEVEN, keep=True)


def test_a_lasting_split_reports_on_what_it_reported_on_before(tmp_path: Path) -> None:
    """However the set has grown, and whatever the seed; what an earlier run has learnt from is never reported on."""
    items = [
        Item(tmp_path / f"{number}.jpg", ("real", "fake")[number % 2], None, "data", group=f"person {number // 2}")
        for number in range(400)
    ]
    lasting = replace(SEVEN, data=replace(SEVEN.data, lasting=True))
    few, more = (
        split(
            Dataset(tuple(items[:count]), "data"), tmp_path / f"{count}.csv", replace(lasting, seed=count), keep=False
        )
        for count in (300, 400)
    )
    assert 0.08 < len(more.subset("test")) / len(more) < 0.22
    assert {item.name for item in few.subset("test")} <= {item.name for item in more.subset("test")}
    assert not {item.name for item in few.subset("train")} & {item.name for item in more.subset("test")}


def test_pictures_without_a_split_are_dealt_out_beside_those_that_have_one(unsplit: Path, tmp_path: Path) -> None:
    loaded = Dataset.load(unsplit)
    given = {0: "train", 1: "valid", 2: "train"}
    items = [replace(item, split=given.get(index), group=f"person {index % 4}") for index, item in enumerate(loaded)]
    half = replace(loaded, items=tuple(items))
    whole = split(half, tmp_path / "splits.csv", SEVEN, keep=False)
    assert whole.splits == ("train", "valid")
    assert [item.name for item in whole] == [item.name for item in half]
    assert all(after.split == before.split for before, after in zip(half, whole, strict=True) if before.split)
    homes = {item.group: {other.split for other in whole if other.group == item.group} for item in whole}
    assert all(len(found) == 1 for found in homes.values())
    assert split(half, tmp_path / "splits.csv", replace(SEVEN, seed=8), keep=True) == whole


def test_a_file_name_that_is_no_unicode_is_digested_and_written_down(tmp_path: Path) -> None:
    for name in ("data/Real/a.jpg", "data/Fake/b.jpg"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    try:
        os.rename(os.fsencode(tmp_path / "data/Real/a.jpg"), os.fsencode(tmp_path) + b"/data/Real/Andr\xe9.jpg")
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    dataset = Dataset.load(tmp_path / "data")
    dealt = replace(dataset, items=tuple(replace(item, split="train") for item in dataset))
    write_manifest(dealt, tmp_path / "splits.csv")
    assert Dataset.load(tmp_path / "splits.csv").sha256 == dealt.sha256


def test_a_box_is_kept_until_its_picture_is_replaced(
    portrait: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / "cache"))
    for label in ("Real", "Fake"):
        (tmp_path / "faces" / label).mkdir(parents=True)
        portrait.save(tmp_path / "faces" / label / "a.jpg")
    dataset = Dataset.load(tmp_path / "faces")
    first = find_boxes(dataset)
    portrait.resize((256, 256)).save(tmp_path / "faces" / "Real" / "a.jpg")
    searched: list[str] = []

    class Finder:
        def largest(self, picture: object) -> tuple[float, float, float, float]:
            searched.append(str(picture))
            return (1.0, 2.0, 3.0, 4.0)

    second = find_boxes(dataset, finder=Finder())  # type: ignore[arg-type]
    assert len(searched) == 1
    assert second == {"Fake/a.jpg": first["Fake/a.jpg"], "Real/a.jpg": (1.0, 2.0, 3.0, 4.0)}
    assert find_boxes(dataset) == second


def test_boxes_that_cannot_be_kept_are_said_to_be_lost(
    portrait: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / "cache"))
    for label in ("Real", "Fake"):
        (tmp_path / "faces" / label).mkdir(parents=True)
        portrait.save(tmp_path / "faces" / label / "a.jpg")
    said: list[str] = []
    assert len(find_boxes(Dataset.load(tmp_path / "faces"), say=said.append)) == 2
    assert len(said) == 1
    assert "UNMASK_CACHE" in said[0]
