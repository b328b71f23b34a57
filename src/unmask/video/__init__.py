"""Judges video clips: samples frames, tracks faces across them, and combines the scores per track and per clip."""

from __future__ import annotations

from pathlib import PurePosixPath

from unmask.video.clip import ClipVerdict, Moment, Track

__all__ = ["SUFFIXES", "ClipVerdict", "Moment", "Track", "is_video"]

SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".ts"})
"""File name suffixes of clips."""


def is_video(name: str) -> bool:
    """Whether a file name has the suffix of a clip; the `._name` side files of macOS do not count."""
    pure = PurePosixPath(name)
    return pure.suffix.lower() in SUFFIXES and not pure.name.startswith("._")
