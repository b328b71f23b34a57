"""Rates at which the pixel signals are unusual on real and fake images, and the detection rate of earlier JPEG saves.

The images are from the `valid` split; the reference ranges of the signals were measured on the `train` split. The
second table shows how often an earlier JPEG save is detected, and how often its quality is right, by first and second
quality.

    python -m research.studies.signals --data DATA [--count 60]
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from unmask import Detector, open_image
from unmask._encoding import encode_image, reencode
from unmask.signals import examine
from unmask.signals.jpeg import read_structure
from unmask.signals.recompression import find_earlier_save
from unmask.signals.reference import reference_ranges

PIXELS = ("spectrum", "ela", "noise")
FIRST, SECOND = (50, 60, 70, 75, 80, 90), (75, 85, 90, 95)


def select_images(data: Path, count: int) -> Iterator[tuple[str, str, list[Path]]]:
    """Yield source, class and image paths of the `valid` split."""
    with (data / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "valid"]
    for source, label in sorted({(row["source"], row["label"]) for row in rows}):
        names = [row["file_name"] for row in rows if (row["source"], row["label"]) == (source, label)]
        yield source, label, [data / name for name in random.Random(0).sample(names, min(count, len(names)))]


def unusual_shares(detector: Detector, paths: Sequence[Path]) -> list[float]:
    """Compute the share of images in which each pixel signal is unusual."""
    found = [0] * len(PIXELS)
    for path in paths:
        picture = open_image(path)
        boxes = detector.locate_faces(picture).boxes
        states = {signal.name: signal.state for signal in examine(picture, boxes[0] if boxes else None, only=PIXELS)}
        found = [each + (states[name] == "unusual") for each, name in zip(found, PIXELS, strict=True)]
    return [each / len(paths) for each in found]


def earlier_save_cell(images: Sequence[Image.Image], first: int | None, second: int) -> str:
    """Format a table cell: how often an earlier save is detected, and how often its quality is right within 3."""
    found = close = 0
    for image in images:
        before = image if first is None else reencode(image, "JPEG", quality=first)
        data = encode_image(before, "JPEG", quality=second)
        structure = read_structure(data)
        assert structure is not None
        trace = find_earlier_save(data, structure.tables[structure.luma_table])
        if trace and trace.evidence > reference_ranges().recompression:
            found += 1
            close += first is not None and abs(trace.quality - first) <= 3
    return f"{found / len(images):.0%}" + (f" ({close / found:.0%})" if found and first else "")


def main() -> None:
    """Read the command line, measure, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the images")
    parser.add_argument("--count", type=int, default=60, help="images of each source and class")
    arguments = parser.parse_args()
    detector = Detector.load(threads=1)
    print("| source | class | images | " + " | ".join(f"{name} unusual" for name in PIXELS) + " |")
    print("|---|---|---|" + "---|" * len(PIXELS))
    images: list[Image.Image] = []
    for source, label, paths in select_images(arguments.data, arguments.count):
        shares = " | ".join(f"{share:.0%}" for share in unusual_shares(detector, paths))
        print(f"| {source} | {label} | {len(paths)} | {shares} |", flush=True)
        if label == "real" and source != "dfdc":
            wiped = (open_image(path).rgb().resize((200, 200), Image.Resampling.LANCZOS) for path in paths[:12])
            images += wiped
    print("\n| saved first at | " + " | ".join(f"then at {quality}" for quality in SECOND) + " |")
    print("|---|" + "---|" * len(SECOND))
    print(
        "| never before | " + " | ".join(earlier_save_cell(images, None, second) for second in SECOND) + " |",
        flush=True,
    )
    for first in FIRST:
        cells = ("same" if first == second else earlier_save_cell(images, first, second) for second in SECOND)
        print(f"| {first} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
