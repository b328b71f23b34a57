from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from unmask.datasets import Dataset
from unmask.training.data.face_box_cache import find_face_boxes


def test_a_box_is_cached_until_its_file_is_replaced(
    portrait: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / "cache"))
    for label in ("Real", "Fake"):
        (tmp_path / "faces" / label).mkdir(parents=True)
        portrait.save(tmp_path / "faces" / label / "a.jpg")
    dataset = Dataset.load(tmp_path / "faces")
    first = find_face_boxes(dataset)
    portrait.resize((256, 256)).save(tmp_path / "faces" / "Real" / "a.jpg")
    searched: list[str] = []

    class Finder:
        def largest_box(self, picture: object) -> tuple[float, float, float, float]:
            searched.append(str(picture))
            return (1.0, 2.0, 3.0, 4.0)

    second = find_face_boxes(dataset, face_detector=Finder())  # type: ignore[arg-type]
    assert len(searched) == 1
    assert second == {"Fake/a.jpg": first["Fake/a.jpg"], "Real/a.jpg": (1.0, 2.0, 3.0, 4.0)}
    assert find_face_boxes(dataset) == second


def test_a_cache_that_cannot_be_written_is_a_warning(
    portrait: Image.Image, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / "cache"))
    for label in ("Real", "Fake"):
        (tmp_path / "faces" / label).mkdir(parents=True)
        portrait.save(tmp_path / "faces" / label / "a.jpg")
    messages: list[str] = []
    assert len(find_face_boxes(Dataset.load(tmp_path / "faces"), log=messages.append)) == 2
    assert len(messages) == 1
    assert "UNMASK_CACHE" in messages[0]
