"""Select the uploads that a person should look at, as a platform would do with verdicts.

    python examples/check_uploads.py IMAGE…

The exit code is 1 if a person should look at one of the images. The program never rejects an upload: see USE_POLICY.md.
"""

from __future__ import annotations

import sys
from pathlib import Path

from unmask import Detector, Label
from unmask.errors import ImageError


def reason_for_review(detector: Detector, image: Path) -> str | None:
    """The reason why a person should look at an upload; None if there is none."""
    try:
        verdict = detector.predict(image.read_bytes(), name=image.name)
    except ImageError as error:
        return f"cannot be checked: {error.message}"
    if verdict.label is Label.FAKE:
        return f"looks fake ({verdict.confidence:.0%})"
    if verdict.label is Label.UNSURE:
        return "the verdict is unsure"
    return None


def main(images: list[str]) -> int:
    """Print the reason for each image; returns 1 if a person should look at one."""
    detector = Detector.load(threads=1)
    reasons = {name: reason_for_review(detector, Path(name)) for name in images}
    for name, reason in reasons.items():
        print(f"{name}: {reason or 'passed'}")
    return int(any(reasons.values()))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
