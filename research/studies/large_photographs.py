"""Recall of small faces in photographs of 12 megapixels, and the cost of the face search by picture size.

    python -m research.studies.large_photographs --data DATA [--photographs 16] [--scales 0 0.5 0.75 1]

Each photograph shows six faces of the `valid` split with longer sides of 32 to 110 pixels (see `photo_scenes`), saved
as JPEG. The script prints recall by face size and false hits for each search scale; scale 0 searches the whole picture
at 640 pixels only. A face counts as found at an IoU of at least 0.4. False hits include mirrored parts of the pasted
crops. A second table shows the CPU time of decoding and search by picture size, for the shipped scale.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import numpy as np

from research.common.face_scenes import photograph
from research.studies.photo_scenes import TWELVE_MEGAPIXELS, Photo, small_faces
from research.studies.photos import MATCH, find_faces
from unmask import Detector, open_image, preprocessing
from unmask._encoding import encode_image
from unmask.datasets import Dataset, stratified_sample
from unmask.faces import FaceDetector
from unmask.faces.boxes import pairwise_iou, to_corners

EDGES = (32, 40, 55, 75, 110)
PEOPLE = 6
SIZES = {0.3: (640, 480), 2: (1632, 1224), 12: TWELVE_MEGAPIXELS, 50: (8192, 6144), 96: (11314, 8486)}


def photographs(detector: Detector, data: Path, count: int) -> list[Photo]:
    """Photographs with six small faces each."""
    chosen = stratified_sample(Dataset.load(data).subset("valid"), 200, 1)
    faces = [face for face in find_faces(detector, chosen)[0] if face.fully_inside]
    rng = np.random.default_rng(5)
    made = []
    for number in range(count):
        shown = [faces[(number * PEOPLE + place) % len(faces)] for place in range(PEOPLE)]
        sides = np.exp(rng.uniform(np.log(EDGES[0]), np.log(EDGES[-1]), PEOPLE)).tolist()
        made.append(small_faces(shown, sides, rng))
    return made


def recall(face_detector: FaceDetector, photos: Sequence[Photo]) -> str:
    """Recall by face size, false hits and CPU milliseconds per photograph, as cells of a table."""
    hits: dict[int, list[bool]] = defaultdict(list)
    false, started = 0, time.process_time()
    for photo in photos:
        boxes = face_detector.find_boxes(open_image(photo.data))
        shares = pairwise_iou(to_corners(photo.boxes), to_corners(boxes))
        for box, row in zip(photo.boxes, shares, strict=True):
            hits[int(np.searchsorted(EDGES, max(box[2:]), "right")) - 1].append(row.max(initial=0.0) >= MATCH)
        false += int((shares.max(axis=0, initial=0.0) < MATCH).sum())
    spent = 1000 * (time.process_time() - started) / len(photos)
    cells = [f"{np.mean(hits[index]):.0%} of {len(hits[index])}" for index in range(len(EDGES) - 1)]
    return " | ".join([*cells, f"{false}", f"{spent:.0f}"])


def milliseconds(face_detector: FaceDetector, size: tuple[int, int]) -> float:
    """CPU milliseconds to decode and search a JPEG photograph without faces."""
    data = encode_image(photograph(size, np.random.default_rng(3)), "JPEG", quality=90)
    started = time.process_time()
    face_detector.find_boxes(open_image(data))
    return 1000 * (time.process_time() - started)


def main() -> None:
    """Read the command line, measure, print the tables."""
    parser = argparse.ArgumentParser(description="Measure the face search in large photographs.")
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the images")
    parser.add_argument("--photographs", type=int, default=16, help="number of photographs")
    parser.add_argument("--scales", type=float, nargs="+", default=[0, 0.5, 0.75, 1], help="search scales")
    arguments = parser.parse_args()
    photos = photographs(Detector.load(threads=1), arguments.data, arguments.photographs)
    face_detector = FaceDetector.load(threads=1)
    heads = [f"{low}-{high} px" for low, high in pairwise(EDGES)]
    print("| search scale | " + " | ".join(heads) + " | false hits | CPU ms |\n" + "|---" * 7 + "|")
    for scale in arguments.scales:
        with patch.object(preprocessing, "SEARCH_SCALE", scale):
            print(f"| {scale:g} | {recall(face_detector, photos)} |")
    print("\n| megapixels | CPU ms | times 0.3 Mpx |\n|---|---|---|")
    spent = {size: milliseconds(face_detector, pixels) for size, pixels in SIZES.items()}
    for size, value in spent.items():
        print(f"| {size:g} | {value:.0f} | {value / spent[0.3]:.1f} |")


if __name__ == "__main__":
    main()
