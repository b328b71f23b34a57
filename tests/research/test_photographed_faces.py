"""Faces of photographs that two face detectors find."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image

from research.studies.photographed_faces import BOTH, OTHER, OURS, compare, match_faces, table
from unmask.faces.custom import load_face_detector


def test_faces_of_both_and_of_one_detector_are_told_apart() -> None:
    ours, other = [(0, 0, 50, 50), (200, 0, 20, 20)], [(5, 0, 50, 50), (400, 0, 90, 90)]
    assert list(match_faces(ours, other)) == [(BOTH, ours[0]), (OURS, ours[1]), (OTHER, other[1])]
    assert list(match_faces([], other)) == [(OTHER, box) for box in other]


def test_the_table_counts_faces_by_size(astronaut: Path, tmp_path: Path) -> None:
    shutil.copy(astronaut, tmp_path / "one.jpg")
    (tmp_path / "broken.jpg").write_text("no picture")

    def nothing(image: Image.Image) -> list[tuple[float, float, float, float]]:
        return []

    counts, single = compare(tmp_path, load_face_detector(nothing, 1), longest=4000)
    assert sum(counts.values()) == 1
    assert [row["found_by"] for row in single] == [OURS]
    assert "| 160- | 0 | 1 | 0 |  |" in table(counts) or "| 80-160 | 0 | 1 | 0 |  |" in table(counts)
    assert compare(tmp_path, load_face_detector(nothing, 1), longest=100) == ({}, [])
