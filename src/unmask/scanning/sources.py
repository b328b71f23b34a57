"""What a user names, a file, a folder or a pattern, as a sequence of paths."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path

from unmask.errors import UsageError
from unmask.images import SUFFIXES


def list_pictures(source: str) -> Iterator[str]:
    """Paths of the pictures a source stands for, in sorted order.

    A file stands for itself, whatever its name; a folder for every picture below it (links to folders are not
    followed); a pattern with `*`, `?` or `[…]` that is no file's name for what matches it.

    Raises:
        UsageError: a folder without a picture, or a pattern that matches nothing.
    """
    if os.path.isdir(source):
        found = False
        for path in _below(source):
            found = True
            yield path
        if not found:
            raise UsageError(f"{source}: no picture in this folder")
    elif glob.has_magic(source) and not os.path.exists(source):
        matches = sorted(glob.glob(source, recursive=True))
        if not matches:
            raise UsageError(f"{source}: nothing matches this pattern")
        for match in matches:
            yield from list_pictures(match) if os.path.isdir(match) else (match,)
    else:
        yield source


def _below(folder: str) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if Path(name).suffix.lower() in SUFFIXES:
                yield str(Path(parent) / name)
