"""The picture files of a folder."""

from __future__ import annotations

from pathlib import Path

from unmask.images import SUFFIXES


def picture_files(folder: Path) -> list[Path]:
    """The pictures of a folder and its subfolders, by suffix, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
