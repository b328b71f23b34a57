"""From a clip to a verdict: frames by time and scene, faces followed across them, one verdict for each and for all."""

from __future__ import annotations

from pathlib import PurePosixPath

from unmask.video.clip import ClipVerdict, Moment, Track

__all__ = ["SUFFIXES", "ClipVerdict", "Moment", "Track", "is_video"]

SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".ts"})
"""File name endings that are taken for clips."""


def is_video(name: str) -> bool:
    """Whether a file's name says that it is a clip; macOS's `._name` side files are none."""
    pure = PurePosixPath(name)
    return pure.suffix.lower() in SUFFIXES and not pure.name.startswith("._")
