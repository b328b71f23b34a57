"""Adding images to a collection: duplicates, labels, groups, audit, interruptions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.collections.conftest import Manifest, noise
from unmask.collections import Addition, DataFolder, add_images, compare_versions, images_in, label_images
from unmask.collections import additions as additions_module
from unmask.datasets import Dataset
from unmask.errors import DatasetError, UsageError

PICTURES = [(seed, "real" if seed % 2 else "fake") for seed in range(6)]


def add(folder: Path, manifest: Path, **options: object) -> Addition:
    images = images_in(manifest, source=None, license=None)
    return add_images(DataFolder(folder), images, **options)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path, manifest: Manifest) -> Path:
    """A collection of six pictures."""
    add(tmp_path / "collection", manifest("first", *PICTURES))
    return tmp_path / "collection"


def test_pictures_are_stored_by_digest_and_every_version_is_a_dataset(folder: Path) -> None:
    newest = Dataset.load(folder)
    first = Dataset.load(folder / "versions" / "0001.csv")
    assert newest.sha256 == first.sha256
    assert [item.source for item in newest] == ["desk"] * 6
    assert all(item.path.stem == item.path.name.split(".")[0] and len(item.path.stem) == 64 for item in newest)
    assert DataFolder(folder).version("latest").intact
    assert DataFolder(folder).version("1").details["counts"] == {"desk": {"real": 3, "fake": 3}}


def test_the_same_files_are_left_out_and_make_no_version(folder: Path, manifest: Manifest) -> None:
    found = add(folder, manifest("again", *PICTURES[:3]))
    assert found.version is None
    assert [reason for _, reason in found.skipped] == ["the same file is in version 1"] * 3
    assert len(DataFolder(folder).versions()) == 1


def test_new_pictures_make_the_next_version_and_keep_the_old_one(folder: Path, manifest: Manifest) -> None:
    before = (folder / "versions" / "0001.csv").read_bytes()
    found = add(folder, manifest("more", (10, "fake"), (11, "real")), note="reports of May")
    assert found.version is not None
    assert (found.version.number, found.added) == (2, 2)
    assert (folder / "versions" / "0001.csv").read_bytes() == before
    assert found.version.details["note"] == "reports of May"
    changes = compare_versions(*DataFolder(folder).versions())
    assert [row.label for row in changes.added] == ["fake", "real"]
    assert not changes.removed
    assert not changes.relabeled


def test_a_near_duplicate_is_left_out_unless_it_is_wanted(folder: Path, tmp_path: Path) -> None:
    noise(0).save(tmp_path / "copy.jpg", quality=80)
    images = label_images([tmp_path / "copy.jpg"], "fake", source="desk", license="internal")
    found = add_images(DataFolder(folder), images)
    assert found.version is None
    assert found.skipped[0][1].startswith("near duplicate of pictures/")
    assert add_images(DataFolder(folder), images, near_duplicates=True).added == 1


def test_a_near_duplicate_with_the_other_label_joins_the_group(folder: Path, tmp_path: Path) -> None:
    noise(1).save(tmp_path / "swap.jpg", quality=80)
    images = label_images([tmp_path / "swap.jpg"], "fake", source="desk", license="internal", generator="swap")
    assert add_images(DataFolder(folder), images).added == 1
    groups = [row.group for row in DataFolder(folder).version("latest").rows if row.group]
    assert len(groups) == 2
    assert len(set(groups)) == 1


def test_near_duplicates_of_the_regression_set_stay_out(folder: Path, manifest: Manifest, tmp_path: Path) -> None:
    regression = Dataset.load(manifest("regression", (20, "fake"), (21, "real")))
    noise(20).save(tmp_path / "leak.jpg", quality=90)
    noise(22).save(tmp_path / "fresh.jpg", quality=90)
    paths = [tmp_path / "leak.jpg", tmp_path / "fresh.jpg"]
    images = label_images(paths, "fake", source="desk", license="internal")
    found = add_images(DataFolder(folder), images, regression=regression)
    assert found.added == 1
    assert [reason for _, reason in found.skipped] == ["near duplicate of a picture of the regression set"]


def test_a_contradicting_label_stops_everything_or_relabels(folder: Path, manifest: Manifest) -> None:
    wrong = manifest("wrong", (0, "real"), (30, "real"))
    with pytest.raises(DatasetError, match="correct the label, or pass --relabel"):
        add(folder, wrong)
    assert len(DataFolder(folder).versions()) == 1
    found = add(folder, wrong, relabel=True)
    assert (found.added, found.relabeled) == (1, 1)
    (old, new), *others = compare_versions(*DataFolder(folder).versions()).relabeled
    assert (old.label, new.label, others) == ("fake", "real", [])


def test_a_group_in_two_splits_is_an_error_of_the_audit(folder: Path, manifest: Manifest) -> None:
    add(folder, manifest("train", (40, "real"), group="person", split="train"))
    test = manifest("test", (41, "fake"), group="person", split="test")
    with pytest.raises(DatasetError, match=r"the audit failed \(leak"):
        add(folder, test)
    assert add(folder, test, force=True).added == 1


def test_source_and_license_are_required(tmp_path: Path, manifest: Manifest) -> None:
    data = manifest("bare", (1, "real"), license="")
    with pytest.raises(UsageError, match="no license; add the column license to the manifest, or pass --license"):
        images_in(data, source=None, license=None)
    assert images_in(data, source=None, license="CC0")[0].license == "CC0"
    with pytest.raises(UsageError, match="no source"):
        label_images([data.parent / "1.png"], "real", source=None, license="CC0")


def test_an_interrupted_addition_leaves_the_last_version(
    folder: Path, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = manifest("more", *((seed, "fake") for seed in range(50, 54)))
    copy, copied = additions_module._copy, []

    def crash(*arguments: object) -> None:
        if len(copied) == 2:
            raise KeyboardInterrupt
        copied.append(copy(*arguments))  # type: ignore[arg-type]

    monkeypatch.setattr(additions_module, "_copy", crash)
    with pytest.raises(KeyboardInterrupt):
        add(folder, data)
    monkeypatch.undo()
    assert len(Dataset.load(folder)) == 6
    assert not list(folder.rglob("*.partial"))
    assert add(folder, data).added == 4
    assert len(Dataset.load(folder)) == 10


def test_a_folder_with_other_files_is_not_touched(tmp_path: Path, manifest: Manifest) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(UsageError, match="name a new folder"):
        add(tmp_path / "mine", manifest("m", (1, "real")))


def test_a_manifest_that_was_edited_is_detected(folder: Path) -> None:
    path = folder / "versions" / "0001.csv"
    path.write_text(path.read_text().replace("fake", "real"))
    assert not DataFolder(folder).version("1").intact
    details = json.loads(path.with_suffix(".json").read_text())
    assert details["version"] == 1
