from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest

from unmask.card import CLASSES
from unmask.datasets import Dataset
from unmask.datasets.label_parsing import class_of, split_of
from unmask.errors import AmbiguousNames, BadManifest, DatasetError, MissingExtra


def fill(folder: Path, *names: str) -> None:
    """Empty files stand for pictures: reading a data set does not open them."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Real", "real"),
        ("0_real", "real"),
        ("1_fake", "fake"),
        ("authentic", "real"),
        ("deepfake", "fake"),
        ("training_real", "real"),
        ("RealFaces", "real"),
        ("realfaces", "real"),
        ("FAKE images", "fake"),
        ("Celeb-synthesis", "fake"),
        ("YouTube-real", "real"),
        ("AI", "fake"),
        ("AIgenerated", "fake"),
        ("FaceSwap", "fake"),
        ("REALfaces", "real"),
        ("UnReal", None),
        ("AIGC", "fake"),
        ("nature", "real"),
        ("bona-fide", "real"),
        ("real_vs_fake", None),
        ("not_real", None),
        ("unreal", None),
        ("realistic", None),
        ("0", None),
        ("1", None),
        ("", None),
    ],
)
def test_class_names(name: str, label: str | None) -> None:
    assert class_of(name) == label


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Train", "train"),
        ("Validation", "valid"),
        ("val", "valid"),
        ("Test", "test"),
        ("train_test", None),
        ("x", None),
    ],
)
def test_split_names(name: str, split: str | None) -> None:
    assert split_of(name) == split


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


def test_wrapper_folders_are_seen_through(tmp_path: Path) -> None:
    inner = "real_vs_fake/real-vs-fake"
    fill(tmp_path, f"{inner}/train/real/1.jpg", f"{inner}/test/fake/1.jpg")
    assert {(item.label, item.split) for item in Dataset.load(tmp_path)} == {("real", "train"), ("fake", "test")}


def test_a_wrapper_called_like_a_class(tmp_path: Path) -> None:
    fill(tmp_path, "deepfake_database/train/real/1.jpg", "deepfake_database/train/df_fake/1.jpg")
    assert Dataset.load(tmp_path).counts()["train"][tmp_path.name] == {"real": 1, "fake": 1}


def test_sources_called_like_a_class_that_hold_both(tmp_path: Path) -> None:
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
def test_pictures_beside_the_splits_of_a_class_are_not_left_out(tmp_path: Path, stray: str) -> None:
    fill(tmp_path, "Real/train/a.jpg", "Fake/train/a.jpg", stray)
    with pytest.raises(AmbiguousNames, match="others or pictures are beside them"):
        Dataset.load(tmp_path)


def test_numbered_classes_are_refused_with_the_reason(tmp_path: Path) -> None:
    fill(tmp_path, "0/a.jpg", "1/a.jpg")
    with pytest.raises(AmbiguousNames, match="data sets differ in which class is 0"):
        Dataset.load(tmp_path)


def test_several_sources_side_by_side(tmp_path: Path) -> None:
    fill(tmp_path, "ffhq/Real/a.jpg", "ffhq/Fake/a.jpg", "swaps/train/real/a.jpg", "swaps/train/fake/a.jpg")
    assert Dataset.load(tmp_path).counts() == {
        "train": {"swaps": {"real": 1, "fake": 1}},
        "unsplit": {"ffhq": {"real": 1, "fake": 1}},
    }


def test_one_class_alone_is_a_data_set(tmp_path: Path) -> None:
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
def test_unclear_folders_are_an_error_that_lists_them(tmp_path: Path, names: list[str]) -> None:
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


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    fill(tmp_path, "Real/a.jpg", "Fake/b.jpg")
    (tmp_path / "Real" / "again").symlink_to(tmp_path / "Real")
    assert len(Dataset.load(tmp_path)) == 2


ROWS = [
    {
        "file_name": "a.jpg",
        "label": "real",
        "split": "train",
        "source": "x",
        "generator": "",
        "group": "g1",
        "note": "n",
    },
    {"file_name": "b.jpg", "label": "Fake", "split": "val", "source": "x", "generator": "gan", "group": ""},
]


def write(rows: list[dict[str, str]], path: Path) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)) + "\n\n")
    elif path.suffix == ".csv":
        lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
        path.write_text("\ufeff" + "\r\n".join(lines), encoding="utf-8")
    else:
        arrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(arrow.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_every_kind_of_manifest_says_the_same(tmp_path: Path, suffix: str) -> None:
    fill(tmp_path, "a.jpg", "b.jpg")
    write(ROWS, tmp_path / f"manifest{suffix}")
    first, second = Dataset.load(tmp_path)
    assert (first.label, first.split, first.generator, first.group) == ("real", "train", None, "g1")
    assert (second.label, second.split, second.generator, second.group) == ("fake", "valid", "gan", None)
    assert first.path == tmp_path / "a.jpg"


def test_a_manifest_may_say_what_a_picture_is_known_as(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "b.jpg")
    rows = [{**ROWS[0], "known_as": "Real/a.jpg"}, {**ROWS[1], "note": "", "known_as": ""}]
    assert [item.name for item in Dataset.load(write(rows, tmp_path / "list.csv"))] == ["Real/a.jpg", "b.jpg"]


def test_numbered_labels_beside_named_ones(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "b.jpg")
    rows = [
        {"file_name": f"{name}.jpg", "label": "1", "label_str": says} for name, says in (("a", "real"), ("b", "fake"))
    ]
    assert [item.label for item in Dataset.load(write(rows, tmp_path / "list.csv"))] == ["real", "fake"]
    rows[0]["label"] = "fake"
    with pytest.raises(AmbiguousNames, match="row 1: label 'fake', 'real'"):
        Dataset.load(write(rows, tmp_path / "list.csv"))


def test_a_table_written_on_windows_is_understood(tmp_path: Path) -> None:
    fill(tmp_path, "Real/a.jpg", "Fake/b.jpg")
    rows = [{"file_name": "Real\\a.jpg", "label": "real"}, {"file_name": "Fake\\b.jpg", "label": "fake"}]
    dataset = Dataset.load(write(rows, tmp_path / "list.csv"))
    assert all(item.path.is_file() for item in dataset)
    (tmp_path / "bom.jsonl").write_text("\ufeff" + "\n".join(map(json.dumps, rows)), "utf-8")
    assert Dataset.load(tmp_path / "bom.jsonl").sha256 == dataset.sha256


def test_missing_values_of_a_parquet_table_are_no_group(tmp_path: Path) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    fill(tmp_path, "a.jpg", "b.jpg")
    table = {"file_name": ["a.jpg", "b.jpg"], "label": ["real", "fake"], "group": [math.nan, math.nan]}
    parquet.write_table(arrow.table(table), tmp_path / "list.parquet")
    assert [item.group for item in Dataset.load(tmp_path / "list.parquet")] == [None, None]
    table["image"] = [{"bytes": b"x" * 500, "path": None}] * 2
    del table["file_name"]
    parquet.write_table(arrow.table(table), tmp_path / "hub.parquet")
    with pytest.raises(BadManifest, match="no value for file_name"):
        Dataset.load(tmp_path / "hub.parquet")


@pytest.mark.parametrize("name", ["x" * 300, "x" * 300 + ".jpg"])
def test_what_cannot_be_a_path_is_named(tmp_path: Path, name: str) -> None:
    fill(tmp_path, "a.jpg")
    rows = [{"file_name": "a.jpg", "label": "real"}, {"file_name": name, "label": "fake"}]
    with pytest.raises(BadManifest):
        Dataset.load(write(rows, tmp_path / "list.jsonl"))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"label": "1"}, AmbiguousNames),
        ({"label": ""}, BadManifest),
        ({"file_name": ""}, BadManifest),
        ({"file_name": "notes.txt"}, BadManifest),
        ({"split": "holdout"}, BadManifest),
        ({"weight": "-1"}, BadManifest),
        ({"weight": "nan"}, BadManifest),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, change: dict[str, str], error: type[DatasetError]) -> None:
    fill(tmp_path, "a.jpg", "b.jpg")
    table = write([{"weight": "1", **ROWS[0]}, {"weight": "1", **ROWS[1], **change}], tmp_path / "list.csv")
    with pytest.raises(error, match="row 2"):
        Dataset.load(table)


def test_manifests_that_cannot_be_read(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg")
    for name, content in {
        "a.csv": b"",
        "b.jsonl": b"{",
        "c.jsonl": b"[1]",
        "d.csv": b"\xff\xfe\x00",
        "e.txt": b"x",
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadManifest):
            Dataset.load(tmp_path / name)
    (tmp_path / "f.parquet").write_bytes(b"no parquet")
    with pytest.raises(BadManifest):
        Dataset.load(tmp_path / "f.parquet")


def test_a_manifest_beside_none_of_its_pictures(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="none of the 2 pictures"):
        Dataset.load(write(ROWS, tmp_path / "list.csv"))


def test_a_parquet_manifest_without_its_reader_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (tmp_path / "manifest.parquet").write_bytes(b"PAR1")
    with pytest.raises(MissingExtra, match=r"unmask\[parquet\]"):
        Dataset.load(tmp_path)
