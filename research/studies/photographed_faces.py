"""Faces that two face detectors find in photographs without annotations: the shipped one and another.

    python -m research.studies.photographed_faces FOLDER --other yunet.onnx [--longest 4000] [--json FILE]

The script searches every picture below FOLDER with both, each with the face check, and prints a markdown table by the
size of the face: found by both, by the shipped face detector only, by the other only. Two boxes are the same face at an
IoU of more than 0.3. Without annotations neither is right by definition: `--json` lists the boxes that only one of them
found, to be looked at.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from research.common.command_line import run_command
from research.common.picture_files import picture_files
from unmask.errors import ImageError
from unmask.faces import FaceDetector
from unmask.faces.base import BaseFaceDetector
from unmask.faces.boxes import pairwise_iou, to_corners
from unmask.faces.custom import load_face_detector
from unmask.images import open_image
from unmask.preprocessing import Box
from unmask.progress import track
from unmask.training.console import Console

SAME_FACE = 0.3
"""Two boxes with a larger IoU show the same face."""
SIZES = (0, 20, 40, 80, 160)
"""Lower ends of the rows, in pixels of the picture: the square root of the area of the box."""
BOTH, OURS, OTHER = "both", "shipped only", "other only"

Counts = Counter[tuple[int, str]]
"""The number of faces by row of the table and by what found them."""


def match_faces(ours: Sequence[Box], other: Sequence[Box]) -> Iterator[tuple[str, Box]]:
    """Each face with the detectors that found it; a face of both has the box of the shipped one."""
    same = pairwise_iou(to_corners(ours), to_corners(other)) > SAME_FACE
    for box, row in zip(ours, np.atleast_2d(same), strict=True):
        yield (BOTH if row.any() else OURS), box
    for box, column in zip(other, np.atleast_2d(same).T, strict=True):
        if not column.any():
            yield OTHER, box


def size_row(box: Box) -> int:
    """The row of a box in the table: the lower end of its size."""
    side = float(np.sqrt(box[2] * box[3]))
    return max(size for size in SIZES if size <= side)


def compare(folder: Path, other: BaseFaceDetector, longest: int) -> tuple[Counts, list[dict[str, Any]]]:
    """The number of faces by size and detector, and the boxes that only one face detector found.

    Args:
        folder: searched with its subfolders; pictures that cannot be decoded are left out.
        other: the other face detector.
        longest: pictures with a longer side in pixels are left out.
    """
    shipped, counts, single = FaceDetector.load(threads=1), Counts(), list[dict[str, Any]]()
    with Console(True).progress_bar() as progress:
        for path in track(picture_files(folder), "searching", progress):
            try:
                picture = open_image(path)
                if max(picture.width, picture.height) > longest:
                    continue
                boxes = shipped.find_boxes(picture), other.find_boxes(picture)
            except ImageError:
                continue
            for found_by, box in match_faces(*boxes):
                counts[size_row(box), found_by] += 1
                if found_by != BOTH:
                    single.append({"path": str(path), "found_by": found_by, "box": [round(side) for side in box]})
    return counts, single


def table(counts: Counts) -> str:
    """A markdown table of the counts, with the share of the other detector's faces that the shipped one finds."""
    lines = [f"| size in px | {BOTH} | {OURS} | {OTHER} | share of the other's faces |", "|---|---|---|---|---|"]
    for low, high in zip(SIZES, [*SIZES[1:], None], strict=True):
        both, ours, other = (counts[low, found_by] for found_by in (BOTH, OURS, OTHER))
        share = f"{both / (both + other):.1%}" if both + other else ""
        lines.append(f"| {low}-{high or ''} | {both} | {ours} | {other} | {share} |")
    return "\n".join(lines)


def _run(arguments: argparse.Namespace) -> None:
    counts, single = compare(arguments.folder, load_face_detector(arguments.other, 1), arguments.longest)
    print(table(counts))
    if arguments.json:
        arguments.json.write_text(json.dumps(single, indent=1), "utf-8")


def main() -> None:
    """Parse the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of photographs")
    parser.add_argument("--other", required=True, help="the other face detector, as for --faces")
    parser.add_argument("--longest", type=int, default=4000, help="leave out pictures with a longer side, in pixels")
    parser.add_argument("--json", type=Path, help="file for the boxes that only one face detector found")
    run_command(_run, parser.parse_args())


if __name__ == "__main__":
    main()
