"""The bundled sample pictures: makes the swapped face, and measures the scores that the default model gives.

    python -m tools.samples                              # writes src/unmask/samples/expected.json
    python -m tools.samples swap FACE.jpg TARGET.jpg OUT.jpg SEED

`unmask doctor` and the tests compare with `expected.json`; run the first command after the default model changes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from unmask import Detector, open_image
from unmask.faces import FaceDetector
from unmask.training.data.pseudo_fakes import swap

FOLDER = Path(__file__).parent.parent / "src" / "unmask" / "samples"


def expected_scores() -> dict[str, float]:
    """Name of each sample picture with a face to the probability that the default model gives it."""
    detector, scores = Detector.load(threads=1), {}
    for path in sorted(FOLDER.glob("*.jpg")):
        score = detector.predict(path, stability=False).probability_fake
        if score is not None:
            scores[path.name] = round(score, 4)
    return scores


def swap_face(face_of: Image.Image, target: Image.Image, seed: int) -> Image.Image:
    """The target with the largest face of another picture over its own, matched in color and blended in."""
    detector = FaceDetector.load()
    (donor, *_), (place, *_) = detector.find(face_of), detector.find(target)
    return swap((target, place.box), (face_of, donor.box), np.random.default_rng(seed))


def main(arguments: list[str]) -> None:
    """Run the command."""
    if arguments[:1] == ["swap"]:
        face, target, out, seed = arguments[1:]
        swap_face(open_image(face).rgb(), open_image(target).rgb(), int(seed)).save(out, quality=95)
    else:
        (FOLDER / "expected.json").write_text(json.dumps(expected_scores(), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
