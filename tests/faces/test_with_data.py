"""Checks on the provided data; skipped unless `UNMASK_DATA` names the folder with `manifest.csv`."""

import csv
from pathlib import Path

import pytest
from PIL import Image

from unmask.faces import FaceFinder


@pytest.mark.parametrize("source", ["dfdc", "faces140k", "openforensics", "portraits"])
def test_nearly_every_valid_picture_has_a_face(data: Path, source: str) -> None:
    with (data / "manifest.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["source"] == source and row["split"] == "valid"]
    names = [row["file_name"] for row in rows][:: max(1, len(rows) // 60)]
    finder = FaceFinder.load(threads=1)
    found = [bool(finder.find(Image.open(data / name).convert("RGB"))) for name in names]
    assert sum(found) >= 0.95 * len(found)
