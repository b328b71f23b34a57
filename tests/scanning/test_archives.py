"""Archives as sources."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.scanning.conftest import Make, scan
from unmask.images import Limits
from unmask.scanning.items import reopen
from unmask.scanning.sources import list_items


def archive(folder: Path, name: str) -> Path:
    """The folder's pictures in an archive, with members whose names lead out of a target folder."""
    target = folder.parent / name
    members = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    members |= {"../../up.jpg": b"", "/abs.jpg": b"x", "notes.txt": b"no"}
    if name.endswith(".zip"):
        with zipfile.ZipFile(target, "w") as file:
            for member, data in members.items():
                file.writestr(member, data)
    else:
        with tarfile.open(target, "w:" + target.suffix.removeprefix(".").replace("tar", "")) as file:
            for member, data in members.items():
                info = tarfile.TarInfo(member)
                info.size = len(data)
                file.addfile(info, io.BytesIO(data))
    return target


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.xz"])
def test_archives_are_scanned_without_unpacking(make: Make, name: str) -> None:
    folder = make(3, 1)
    file = archive(folder, name)
    findings = list(scan(file, workers=1, stability=False))
    expected = [f"{file}!/{each}" for each in ("0000.jpg", "0001.jpg", "0002.jpg", "../../up.jpg", "/abs.jpg")]
    assert [finding.path for finding in findings] == expected
    assert [finding.failure.code if finding.failure else "" for finding in findings] == [
        "",
        "",
        "",
        "empty_file",
        "not_an_image",
    ]
    alone = list(scan(folder, workers=1, stability=False))
    for inside, outside in zip(findings[:3], alone, strict=True):
        assert inside.verdict
        assert outside.verdict
        assert inside.verdict.sha256 == outside.verdict.sha256
        assert inside.verdict.faces == outside.verdict.faces
        assert reopen(inside.path).sha256 == inside.verdict.sha256


def test_two_members_of_one_name_are_two_pictures(make: Make, tmp_path: Path) -> None:
    folder = make(2, 0)
    with zipfile.ZipFile(tmp_path / "twice.zip", "w") as file:
        file.write(folder / "0000.jpg", "same.jpg")
        with pytest.warns(UserWarning, match="Duplicate name"):
            file.write(folder / "0001.jpg", "same.jpg")
        file.write(folder / "0001.jpg", "other#1.jpg")
    found = list(list_items([str(tmp_path / "twice.zip")], Limits()))
    assert [item.path.rpartition("!/")[2] for item in found] == ["same.jpg", "same.jpg#2", "other#1.jpg"]
    assert [reopen(item.path).sha256 for item in found] == [item.open(Limits()).sha256 for item in found]


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz"])
def test_a_damaged_archive_is_a_failure_after_its_readable_members(make: Make, name: str) -> None:
    file = archive(make(8, 0), name)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    found = list(list_items([str(file)], Limits()))
    assert found[-1].failure is not None
    assert "archive" in found[-1].failure.message
    file.write_bytes(b"not an archive")
    (only,) = list_items([str(file)], Limits())
    assert only.failure is not None


def test_a_member_above_the_size_limit_is_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb.jpg", bytes(5_000_000))
    (item,) = list_items([str(tmp_path / "bomb.zip")], Limits(bytes=1_000_000))
    assert item.data is None
    assert item.failure is not None
    assert item.failure.code == "image_too_large"
