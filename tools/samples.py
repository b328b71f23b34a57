"""The bundled sample pictures: makes the swapped face, and measures the scores that the default model gives.

    python -m tools.samples                              # writes src/unmask/samples/expected.json
    python -m tools.samples swap FACE.jpg TARGET.jpg OUT.jpg

`unmask doctor` and the tests compare with `expected.json`; run the first command after the default model changes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from unmask import Detector, open_image
from unmask.faces import FaceDetector

FOLDER = Path(__file__).parent.parent / "src" / "unmask" / "samples"
ELLIPSE = (0.32, 0.36)
"""Half axes of the swapped part of the face, as shares of the width and height of its box."""
CENTER = (0.5, 0.5)
FEATHER = 2.0
"""Radius in pixels of the blur of the edge."""


def expected_scores() -> dict[str, float]:
    """Name of each sample picture with a face to the probability that the default model gives it."""
    detector, scores = Detector.load(threads=1), {}
    for path in sorted(FOLDER.glob("*.jpg")):
        score = detector.predict(path, stability=False).probability_fake
        if score is not None:
            scores[path.name] = round(score, 4)
    return scores


def swap_face(face_of: Image.Image, target: Image.Image) -> Image.Image:
    """The target with the largest face of another picture in an ellipse over its own, as simple swapping tools do."""
    detector = FaceDetector.load()
    (source, *_), (place, *_) = detector.find(face_of), detector.find(target)
    x, y, w, h = (round(value) for value in source.box)
    left, top, width, height = (round(value) for value in place.box)
    face = face_of.crop((x, y, x + w, y + h)).resize((width, height), Image.Resampling.BICUBIC)
    rows, columns = np.mgrid[0:height, 0:width]
    distance = ((columns / width - CENTER[0]) / ELLIPSE[0]) ** 2 + ((rows / height - CENTER[1]) / ELLIPSE[1]) ** 2
    mask = Image.fromarray(np.where(distance < 1, 255, 0).astype(np.uint8)).filter(ImageFilter.GaussianBlur(FEATHER))
    swapped = target.copy()
    swapped.paste(face, (left, top), mask)
    return swapped


def main(arguments: list[str]) -> None:
    """Run the command."""
    if arguments[:1] == ["swap"]:
        face, target, out = arguments[1:]
        swap_face(open_image(face).rgb(), open_image(target).rgb()).save(out, quality=95)
    else:
        (FOLDER / "expected.json").write_text(json.dumps(expected_scores(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
