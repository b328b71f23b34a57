from __future__ import annotations

from pathlib import Path

import pytest

from tests.datasets.files import fill
from unmask.card import CLASSES
from unmask.datasets import Dataset
from unmask.datasets.label_parsing import split_of
from unmask.errors import AmbiguousNames, DatasetError


def test_real_and_fake_folders(tmp_path: Path) -> None:
    fill(
        tmp_path / "set", "Real/a.jpg", "Real/b.PNG", "Fake/a.webp", "Fake/notes.txt", "Fake/.hidden.jpg", ".git/x.jpg"
    )
    dataset = Dataset.load(tmp_path / "set")
    assert [(item.name, item.label, item.split, item.source) for item in dataset] == [
        ("Fake/a.webp", "fake", None, "set"),
        ("Real/a.jpg", "real", None, "set"),
        ("Real/b.PNG", "real", None, "set"),
    ]
    assert dataset.labels.tolist() == [1, 0, 0]


@pytest.mark.parametrize("splits", [("Train", "Validation", "Test"), ("train", "val"), ("test",)])
def test_split_folders_may_be_any_subset(tmp_path: Path, splits: tuple[str, ...]) -> None:
    for split in splits:
        fill(tmp_path, f"{split}/Real/{split}.jpg", f"{split}/Fake/{split}.jpg")
    dataset = Dataset.load(tmp_path)
    assert len(dataset) == 2 * len(splits)
    assert set(dataset.splits) == {split_of(split) for split in splits}


def test_wrapper_folders_are_ignored(tmp_path: Path) -> None:
    inner = "real_vs_fake/real-vs-fake"
    fill(tmp_path, f"{inner}/train/real/1.jpg", f"{inner}/test/fake/1.jpg")
    assert {(item.label, item.split) for item in Dataset.load(tmp_path)} == {("real", "train"), ("fake", "test")}


def test_a_wrapper_may_be_named_like_a_class(tmp_path: Path) -> None:
    fill(tmp_path, "deepfake_database/train/real/1.jpg", "deepfake_database/train/df_fake/1.jpg")
    assert Dataset.load(tmp_path).counts()["train"][tmp_path.name] == {"real": 1, "fake": 1}


def test_sources_named_like_a_class_may_hold_both(tmp_path: Path) -> None:
    fill(tmp_path / "two", *(f"{name}/{label}/a.jpg" for name in ("deepfake-v1", "deepfake-v2") for label in CLASSES))
    assert Dataset.load(tmp_path / "two").counts()["unsplit"] == {
        "deepfake-v1": {"real": 1, "fake": 1},
        "deepfake-v2": {"real": 1, "fake": 1},
    }
    fill(tmp_path / "mixed", "Deepfakes/Real/a.jpg", "Deepfakes/Fake/a.jpg", "Originals/b.jpg")
    fill(tmp_path / "contrary", "Deepfakes/Real/a.jpg", "Originals/b.jpg")
    for name in ("mixed", "contrary"):
        with pytest.raises(AmbiguousNames, match="is named like"):
            Dataset.load(tmp_path / name)
    fill(tmp_path / "generators", "Real/a.jpg", "Fake/RealVisXL/a.jpg")
    assert Dataset.load(tmp_path / "generators").where(label="fake").items[0].generator == "RealVisXL"


def test_splits_in_the_class_folders_names(tmp_path: Path) -> None:
    fill(tmp_path / "two", "train_real/a.jpg", "train_fake/a.jpg", "test_real/a.jpg", "test_fake/a.jpg")
    fill(tmp_path / "one", "training_real/a.jpg", "training_fake/a.jpg")
    assert Dataset.load(tmp_path / "two").splits == ("train", "test")
    assert Dataset.load(tmp_path / "one").splits == (None,)


def test_splits_within_the_class_folders(tmp_path: Path) -> None:
    fill(tmp_path, "Real/train/a.jpg", "Real/test/b.jpg", "Fake/train/gan/a.jpg", "Fake/test/c.jpg")
    found = {(item.label, item.split, item.generator) for item in Dataset.load(tmp_path)}
    assert found == {("real", "train", None), ("real", "test", None), ("fake", "train", "gan"), ("fake", "test", None)}


@pytest.mark.parametrize("stray", ["Fake/c.jpg", "Fake/gan/c.jpg"])
def test_pictures_beside_the_splits_of_a_class_raise(tmp_path: Path, stray: str) -> None:
    fill(tmp_path, "Real/train/a.jpg", "Fake/train/a.jpg", stray)
    with pytest.raises(AmbiguousNames, match="others or pictures are beside them"):
        Dataset.load(tmp_path)


def test_numbered_classes_raise_with_the_reason(tmp_path: Path) -> None:
    fill(tmp_path, "0/a.jpg", "1/a.jpg")
    with pytest.raises(AmbiguousNames, match="datasets differ in which class is 0"):
        Dataset.load(tmp_path)


def test_several_sources_side_by_side(tmp_path: Path) -> None:
    fill(tmp_path, "ffhq/Real/a.jpg", "ffhq/Fake/a.jpg", "swaps/train/real/a.jpg", "swaps/train/fake/a.jpg")
    assert Dataset.load(tmp_path).counts() == {
        "train": {"swaps": {"real": 1, "fake": 1}},
        "unsplit": {"ffhq": {"real": 1, "fake": 1}},
    }


def test_one_class_alone_is_a_dataset(tmp_path: Path) -> None:
    fill(tmp_path, "Real/a.jpg")
    assert Dataset.load(tmp_path).labels.tolist() == [0]


def test_sub_folders_name_generators_or_groups(tmp_path: Path) -> None:
    fill(tmp_path, "Fake/stylegan/a.jpg", "Fake/flux/b.jpg", *(f"Real/clip{number}/f.jpg" for number in range(30)))
    dataset = Dataset.load(tmp_path)
    assert {item.generator for item in dataset.where(label="fake")} == {"stylegan", "flux"}
    assert len(set(dataset.where(label="real").groups.tolist())) == 30


@pytest.mark.parametrize(
    "names",
    [
        ["Real/a.jpg", "Fake/a.jpg", "Other/a.jpg"],
        ["0/a.jpg", "1/a.jpg"],
        ["real_or_fake/a.jpg", "Real/a.jpg"],
        ["Train/Real/a.jpg", "Real/a.jpg"],
        ["cats/a.jpg", "dogs/a.jpg"],
    ],
)
def test_ambiguous_folders_raise_and_are_listed(tmp_path: Path, names: list[str]) -> None:
    fill(tmp_path, *names)
    with pytest.raises(AmbiguousNames) as caught:
        Dataset.load(tmp_path)
    assert all(repr(name.split("/")[0]) in caught.value.message for name in names)


def test_folders_without_pictures(tmp_path: Path) -> None:
    fill(tmp_path, "Real/readme.txt", "Fake/readme.txt")
    with pytest.raises(DatasetError, match="no pictures"):
        Dataset.load(tmp_path)
    with pytest.raises(DatasetError, match="does not exist"):
        Dataset.load(tmp_path / "nowhere")


def test_circular_links_end(tmp_path: Path) -> None:
    fill(tmp_path, "Real/a.jpg", "Fake/b.jpg")
    (tmp_path / "Real" / "again").symlink_to(tmp_path / "Real")
    assert len(Dataset.load(tmp_path)) == 2
