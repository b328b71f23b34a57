"""Hold back uploads for a human's eyes: what a platform would do with a verdict, and what it must not.

    python examples/check_uploads.py PICTURE…

Exits with 1 if any picture needs a person to look at it. It never rejects anything by itself: see USE_POLICY.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

from unmask import Detector, Label
from unmask.errors import ImageError


def needs_a_person(detector: Detector, picture: Path) -> str | None:
    """Why a person should look at an upload, or None if nobody needs to."""
    try:
        verdict = detector.predict(picture.read_bytes(), name=picture.name)
    except ImageError as error:
        return f"cannot be judged: {error.message}"
    if verdict.label is Label.FAKE:
        return f"looks fake ({verdict.confidence:.0%})"
    if verdict.label is Label.UNSURE:
        return "the detector is unsure"
    return None


def main(pictures: list[str]) -> int:
    """Print what to look at; 1 if there is anything."""
    detector = Detector.load(threads=1)
    reasons = {name: needs_a_person(detector, Path(name)) for name in pictures}
    for name, reason in reasons.items():
        print(f"{name}: {reason or 'passed'}")
    return int(any(reasons.values()))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
