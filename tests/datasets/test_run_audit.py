"""Audits of datasets with and without planted faults."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unmask.datasets import Audit, Dataset, audit, read_file_properties
from unmask.datasets.auc import Interval
from unmask.datasets.file_properties import FileProperties
from unmask.datasets.shortcut_faults import shortcut_faults
from unmask.datasets.shortcuts import Shortcut

Maker = Callable[..., Path]


def picture(rng: np.random.Generator, side: int = 96) -> Image.Image:
    """A distinct picture of smooth random colors."""
    pixels = rng.integers(0, 255, (9, 9, 3), np.uint8)
    return Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    """Writes a folder of `each` pictures per class; options set how each class is written."""

    def build(
        each: int = 40,
        *,
        seed: int = 0,
        real: dict[str, object] | None = None,
        fake: dict[str, object] | None = None,
    ) -> Path:
        rng = np.random.default_rng(seed)
        for name, options in (("Real", real), ("Fake", fake)):
            (tmp_path / name).mkdir(exist_ok=True)
            settings = {"side": 96, "suffix": ".jpg", "quality": 90} | (options or {})
            for number in range(each):
                image = picture(rng, int(str(settings["side"])))
                if tint := settings.get("tint"):
                    image = Image.blend(image, Image.new("RGB", image.size, tint), 0.5)  # type: ignore[arg-type]
                if settings.get("grayscale"):
                    image = image.convert("L")
                extra = {"quality": settings["quality"]} if settings["suffix"] == ".jpg" else {}
                if settings.get("exif"):
                    exif = Image.Exif()
                    exif[0x0131] = "a camera"
                    extra["exif"] = exif  # type: ignore[assignment]
                image.save(tmp_path / name / f"{number}{settings['suffix']}", **extra)
        return tmp_path

    return build


def faults(found: Audit) -> dict[str, bool]:
    return {fault.name: fault.is_error for fault in found.faults}


@pytest.mark.parametrize("seed", range(5))
def test_a_clean_set_of_forty_per_class_passes(make: Maker, seed: int) -> None:
    found = audit(Dataset.load(make(40, seed=seed)))
    assert not found.failed
    assert not found.faults
    assert {shortcut.name for shortcut in found.shortcuts} >= {
        "format",
        "size",
        "quality",
        "mode",
        "metadata",
        "colour",
        "framing",
    }


@pytest.mark.parametrize(
    ("name", "real", "fake"),
    [
        ("format", {}, {"suffix": ".png"}),
        ("size", {"side": 112}, {"side": 128}),
        ("quality", {"quality": 95}, {"quality": 60}),
        ("mode", {"grayscale": True}, {}),
        ("metadata", {"exif": True}, {}),
        ("colour", {"tint": "#d0a080"}, {"tint": "#80a0d0"}),
    ],
)
def test_shortcuts_are_errors_by_name(make: Maker, name: str, real: dict[str, object], fake: dict[str, object]) -> None:
    found = audit(Dataset.load(make(40, real=real, fake=fake)))
    assert faults(found)[name]
    fault = next(fault for fault in found.faults if fault.name == name)
    assert fault.shortcut is not None
    assert fault.shortcut.auc.low > 0.75
    assert {item.label for item in fault.examples} == {"real", "fake"}


def test_a_shortcut_in_one_of_two_sources_is_found(make: Maker) -> None:
    whole = Dataset.load(make(80, real={"side": 96}, fake={"side": 96}))
    for item in whole:
        if (int(item.path.stem) < 40) == (item.label == "fake"):
            Image.open(item.path).resize((100, 100)).save(item.path, quality=90)
    named = (replace(item, source="low" if int(item.path.stem) < 40 else "high") for item in whole)
    found = audit(replace(whole, items=tuple(named)))
    pooled = next(each for each in found.shortcuts if each.name == "size" and each.source is None)
    assert pooled.auc.low < 0.6
    assert faults(found)["size"]


def test_a_small_source_only_warns(make: Maker) -> None:
    loaded = Dataset.load(make(60))
    named = (replace(item, source="few" if int(item.path.stem) < 8 else "many") for item in loaded)
    dataset = replace(loaded, items=tuple(named))
    properties = [each for each in read_file_properties(dataset) if isinstance(each, FileProperties)]
    few, pooled = Shortcut("size", "few", Interval(1.0, 0.9, 1.0)), Shortcut("size", None, Interval(0.8, 0.78, 0.82))
    (alone,) = shortcut_faults(dataset, properties, [few])
    assert not alone.is_error
    (both,) = shortcut_faults(dataset, properties, [few, pooled])
    assert both.is_error
    assert both.shortcut == pooled


def portraits(root: Path, portrait: Image.Image, real: tuple[int, int], fake: tuple[int, int]) -> Path:
    """40 pictures per class, each with one face on a random background; its width in pixels lies in the given range."""
    rng = np.random.default_rng(0)
    head = portrait.crop((120, 0, 360, 300))
    for name, sides in (("Real", real), ("Fake", fake)):
        (root / name).mkdir(parents=True)
        for number in range(40):
            width = int(rng.integers(*sides))
            face = head.resize((width, width * 5 // 4))
            image = picture(rng, 320)
            image.paste(face, (int(rng.integers(0, 320 - width)), int(rng.integers(0, 320 - width * 5 // 4))))
            image.save(root / name / f"{number}.jpg", quality=90)
    return root


def test_the_size_of_the_face_is_a_shortcut_that_warns(portrait: Image.Image, tmp_path: Path) -> None:
    found = audit(Dataset.load(portraits(tmp_path, portrait, (70, 100), (150, 200))))
    fault = next(fault for fault in found.faults if fault.name == "framing")
    assert fault.shortcut is not None
    assert fault.shortcut.auc.low > 0.75
    assert not fault.is_error
    assert "square around the face" in fault.message


def test_faces_of_all_sizes_in_both_classes_are_no_shortcut(portrait: Image.Image, tmp_path: Path) -> None:
    found = audit(Dataset.load(portraits(tmp_path, portrait, (70, 200), (70, 200))))
    assert "framing" not in faults(found)
    assert "framing" in {shortcut.name for shortcut in found.shortcuts}


def test_faces_that_only_one_class_has_are_a_framing_shortcut(
    make: Maker, portrait: Image.Image, tmp_path: Path
) -> None:
    root = make(40)
    portraits(tmp_path / "faces", portrait, (70, 200), (70, 200))
    shutil.rmtree(root / "Fake")
    (root / "faces" / "Fake").rename(root / "Fake")
    shutil.rmtree(root / "faces")
    assert faults(audit(Dataset.load(root)))["framing"] is False


def test_unreadable_files_are_counted(make: Maker) -> None:
    root = make(40)
    (root / "Real" / "0.jpg").write_bytes(b"not a picture")
    (root / "Real" / "1.jpg").write_bytes(b"")
    found = audit(Dataset.load(root))
    assert faults(found) == {"unreadable": False}
    assert found.faults[0].count == 2
    for number in range(2, 12):
        (root / "Fake" / f"{number}.jpg").write_bytes(b"\xff\xd8\xff")
    assert faults(audit(Dataset.load(root)))["unreadable"]


def test_exact_and_near_duplicates_are_counted(make: Maker) -> None:
    root = make(40)
    shutil.copy(root / "Real" / "0.jpg", root / "Real" / "copy.jpg")
    Image.open(root / "Fake" / "0.jpg").resize((80, 80)).save(root / "Fake" / "again.jpg", quality=70)
    found = audit(Dataset.load(root))
    assert faults(found) == {"duplicate": False}
    assert "1 identical, 1 nearly identical" in found.faults[0].message
    assert [item.path.name for item in found.faults[0].examples[:2]] == ["0.jpg", "copy.jpg"]


def test_one_file_under_two_labels_is_an_error(make: Maker) -> None:
    root = make(40)
    shutil.copy(root / "Real" / "0.jpg", root / "Fake" / "copy.jpg")
    assert faults(audit(Dataset.load(root)))["label"]


def splits(root: Path) -> Path:
    """The same pictures as `train`, with a quarter of them moved to `test`."""
    for label in ("Real", "Fake"):
        for split in ("Train", "Test"):
            (root / split / label).mkdir(parents=True)
        for number, path in enumerate(sorted((root / label).iterdir())):
            path.rename(root / ("Test" if number % 4 == 0 else "Train") / label / path.name)
        (root / label).rmdir()
    return root


def test_clean_splits_do_not_leak(make: Maker) -> None:
    assert not audit(Dataset.load(splits(make(40)))).faults


def test_the_same_file_in_two_splits_is_an_error(make: Maker) -> None:
    root = splits(make(40))
    shutil.copy(next((root / "Test" / "Real").iterdir()), root / "Train" / "Real" / "leaked.jpg")
    found = faults(audit(Dataset.load(root)))
    assert found["leak"]
    assert "duplicate" in found


def test_nearly_the_same_picture_in_two_splits_is_named(make: Maker) -> None:
    root = splits(make(40))
    Image.open(next((root / "Test" / "Fake").iterdir())).resize((72, 72)).save(root / "Train" / "Fake" / "x.jpg")
    assert "leak" in faults(audit(Dataset.load(root)))


def test_a_group_in_two_splits_is_an_error(make: Maker) -> None:
    dataset = Dataset.load(splits(make(40)))
    items = tuple(replace(item, group="clip7") if item.path.stem in ("0", "1") else item for item in dataset)
    found = audit(replace(dataset, items=items))
    assert faults(found)["leak"]
    assert "clip7" in next(fault for fault in found.faults if fault.name == "leak").message


def test_one_class_alone_is_an_error(make: Maker) -> None:
    root = make(40)
    shutil.rmtree(root / "Fake")
    assert faults(audit(Dataset.load(root)))["balance"]


def test_few_pictures_and_imbalance_warn(make: Maker) -> None:
    root = make(40)
    for number in range(6, 40):
        (root / "Fake" / f"{number}.jpg").unlink()
    found = audit(Dataset.load(root))
    assert faults(found) == {"few": False, "balance": False}
    assert not found.shortcuts


def test_html_page_shows_every_fault(make: Maker) -> None:
    found = audit(Dataset.load(make(40, fake={"suffix": ".png"})))
    page = found.to_html()
    assert "refused" in page
    assert "Shortcut: file format" in page
    assert all(f"<code>{fault.name}</code>" in page for fault in found.faults)


def test_the_wire_form_is_plain_json(make: Maker) -> None:
    written = json.loads(json.dumps(audit(Dataset.load(make(40, fake={"suffix": ".png"}))).to_dict()))
    assert written["refused"] is True
    fault = next(each for each in written["faults"] if each["name"] == "format")
    assert fault["level"] == "refuse"
    assert len(fault["auc"]) == 3
    assert fault["examples"][0].keys() == {"name", "label", "split"}


def test_the_provided_pictures_pass(data: Path) -> None:
    part = [item for index, item in enumerate(Dataset.load(data)) if index % 20 == 0]
    assert not audit(Dataset(tuple(part), "part")).failed
