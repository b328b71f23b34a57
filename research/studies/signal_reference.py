"""Measure the reference ranges of the signals on real photographs and write `src/unmask/signals/reference.json`.

The photographs are the real images of the training split, the same number from each source. The file has figures only.

    python -m research.studies.signal_reference --data DATA
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from unmask import Detector, open_image
from unmask._encoding import encode_image
from unmask.images import Picture
from unmask.signals.ela import error_levels
from unmask.signals.face_area import crop_face_area
from unmask.signals.jpeg import read_structure
from unmask.signals.map_signal import log_face_ratio
from unmask.signals.noise import noise_levels
from unmask.signals.recompression import find_earlier_save
from unmask.signals.spectrum import MIN_SIDE, center_crop, measure_spectrum

TARGET = Path(__file__).parents[2] / "src/unmask/signals/reference.json"
QUALITIES = (60, 70, 75, 80, 85, 90, 95)


def real_photographs(data: Path, split: str, per_source: int, seed: int) -> Iterator[Path]:
    """The same number of real photographs from each source, or all if there are fewer."""
    with (data / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == split and row["label"] == "real"]
    for source in sorted({row["source"] for row in rows}):
        names = sorted(row["file_name"] for row in rows if row["source"] == source)
        yield from (data / name for name in random.Random(seed).sample(names, min(per_source, len(names))))


def saved_once(picture: Picture, quality: int) -> bytes:
    """The image scaled by 0.8, which removes traces of earlier saves, encoded as JPEG once."""
    image = picture.rgb()
    small = image.resize((int(image.width * 0.8), int(image.height * 0.8)), Image.Resampling.LANCZOS)
    return encode_image(small, "JPEG", quality=quality)


def evidence(data: bytes) -> float:
    """Evidence for an earlier save of a JPEG file."""
    structure = read_structure(data)
    assert structure is not None
    earlier = find_earlier_save(data, structure.tables[structure.luma_table])
    return earlier.evidence if earlier else 0.0


def main() -> None:
    """Read the command line, measure, write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the images")
    parser.add_argument("--per-source", type=int, default=400, help="photographs of each source")
    arguments = parser.parse_args()
    detector = Detector.load(threads=1)
    rings, peaks, ela, noise, once = [], [], [], [], []
    for number, path in enumerate(real_photographs(arguments.data, "train", arguments.per_source, seed=0)):
        picture = open_image(path)
        boxes = detector.locate_faces(picture).boxes
        once.append(evidence(saved_once(picture, QUALITIES[number % len(QUALITIES)])))
        if not boxes:
            continue
        crop = center_crop(picture, boxes[0])
        if crop.width >= MIN_SIDE:
            found = measure_spectrum(crop)
            rings.append(found.rings)
            peaks.append(found.peak)
        area = crop_face_area(picture, boxes[0])
        if area.face is not None:
            ela.append(log_face_ratio(error_levels(area.image), area.face))
            noise.append(log_face_ratio(noise_levels(area.image), area.face))
    low, middle, high = np.percentile(np.array(rings), (1, 50, 99), axis=0).round(3)
    outside = ((np.array(rings) > high) | (np.array(rings) < low)).sum(1)
    content = {
        "spectrum_low": low.tolist(),
        "spectrum_middle": middle.tolist(),
        "spectrum_high": high.tolist(),
        "outside": int(np.percentile(outside, 98)),
        "peak": round(float(np.percentile(peaks, 99)), 2),
        "ela": np.percentile(ela, (1, 99)).round(4).tolist(),
        "noise": np.percentile(noise, (1, 99)).round(4).tolist(),
        "recompression": round(float(np.percentile(once, 99.8)), 3),
        "made_with": {
            "script": "research/studies/signal_reference.py",
            "photographs": len(once),
            "with_spectrum": len(rings),
            "with_surroundings": len(ela),
            "split": "train",
        },
    }
    TARGET.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    print(json.dumps({name: value for name, value in content.items() if "spectrum" not in name}, indent=1))


if __name__ == "__main__":
    main()
