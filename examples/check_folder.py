"""Run the detector on every image of a folder and print the most suspicious ones first.

python examples/check_folder.py FOLDER
"""

from __future__ import annotations

import sys

from unmask import Detector, Verdict
from unmask.errors import ImageError
from unmask.scanning import list_pictures


def main(folder: str) -> None:
    """Print one line per image, the most suspicious first."""
    detector = Detector.load()
    verdicts: list[Verdict] = []
    for path in list_pictures(folder):
        try:
            verdicts.append(detector.predict(path))
        except ImageError as error:
            print(f"skipped: {error.message}", file=sys.stderr)
    for verdict in sorted(verdicts, key=lambda verdict: -(verdict.probability_fake or 0)):
        score = "no face" if verdict.probability_fake is None else f"P(fake) {verdict.probability_fake:.3f}"
        print(f"{verdict.label:8} {score}  {verdict.path}")


if __name__ == "__main__":
    main(sys.argv[1])
