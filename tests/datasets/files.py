"""Empty files in the layout of a dataset."""

from __future__ import annotations

from pathlib import Path


def fill(folder: Path, *names: str) -> None:
    """Create empty files in place of pictures; reading a dataset does not open them."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
