"""Files, folders and patterns as sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scanning.conftest import Make, names, paths
from unmask.errors import SourceError, UsageError
from unmask.images import Limits
from unmask.scanning.sources import count_items, list_items


def test_a_folder_is_walked_in_order_and_no_link_is_followed(make: Make) -> None:
    folder = make(3, 0)
    (folder / "deep").mkdir()
    (folder / "deep" / "x.PNG").write_bytes(b"")
    (folder / "deep" / "._x.png").write_bytes(b"")
    (folder / "deep" / "notes.txt").write_text("")
    (folder / "deep" / "again").symlink_to(folder)
    assert names(folder) == ["0000.jpg", "0001.jpg", "0002.jpg", "x.PNG"]
    assert paths(folder, leave_out=str(folder / "deep")) == [str(folder / f"000{n}.jpg") for n in range(3)]
    assert count_items([str(folder)]) == 4


def test_patterns(make: Make) -> None:
    folder = make(12, 0)
    assert names(f"{folder}/000[0-2].jpg") == ["0000.jpg", "0001.jpg", "0002.jpg"]
    (folder / "[odd].jpg").write_bytes(b"")
    assert names(f"{folder}/[odd].jpg") == ["[odd].jpg"]
    with pytest.raises(UsageError, match="no file matches this pattern; check the path"):
        paths(f"{folder}/*.gif")


def test_an_unusable_source_beside_others_is_a_failure_of_its_own(make: Make, tmp_path: Path) -> None:
    folder, empty, missing = make(2, 0), tmp_path / "empty", tmp_path / "m.csv"
    empty.mkdir()
    missing.write_text("name\n1\n")
    for nowhere in (empty, missing, tmp_path / "*.gif"):
        found = list(list_items([str(nowhere), str(folder)], Limits()))
        assert [Path(item.path).name for item in found] == [nowhere.name, "0000.jpg", "0001.jpg"]
        assert [item.failure is None for item in found] == [False, True, True]
        assert count_items([str(nowhere), str(folder)]) == 3
        with pytest.raises((UsageError, SourceError)):
            paths(nowhere)
