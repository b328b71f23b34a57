"""What a user names, as a sequence of things to judge: files, folders, patterns, lists, archives, remote stores."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from unmask.errors import MissingExtra, UnmaskError, UsageError
from unmask.images import Limits
from unmask.scanning import archives, lists, remote
from unmask.scanning.items import ScanItem, is_wanted

STDIN = "-"
"""Names the list of paths on stdin."""


def items(sources: Sequence[str], limits: Limits, *, leave_out: str | None = None) -> Iterator[ScanItem]:
    """Everything the sources stand for, in order; one that leads nowhere beside others is a problem like a picture's.

    Args:
        sources: each a picture, a folder, a pattern, a list (`.txt`, `.csv`, `.jsonl`, `.parquet`; `-` for stdin),
            an archive (`.zip`, `.tar`, `.tar.gz`, …) or a URL that fsspec understands.
        limits: members of archives larger than this are not read.
        leave_out: a folder inside a scanned folder that is not looked into.

    Raises:
        UsageError: the only source is a folder without a picture, or a pattern that matches nothing.
        SourceError: the only source is a list or store that cannot be read at all.
        MissingExtra: reading a source needs an optional part.
    """
    for source in sources:
        yield from _surviving(source, _items(source, limits, leave_out), alone=len(sources) == 1)


def pictures(sources: Sequence[str]) -> Iterator[ScanItem]:
    """What files, folders and patterns alone stand for, in order; `-` stands for itself.

    Raises:
        UsageError: the only source is a folder without a picture, or a pattern that matches nothing.
    """
    for source in sources:
        paths = (source,) if source == STDIN else list_pictures(source)
        yield from _surviving(source, map(ScanItem, paths), alone=len(sources) == 1)


def _surviving(source: str, found: Iterable[ScanItem], *, alone: bool) -> Iterator[ScanItem]:
    """The items of a source, and a last one that carries what went wrong, so that other sources have their turn."""
    begun = False
    try:
        for item in found:
            begun = True
            yield item
    except MissingExtra:
        raise
    except UnmaskError as error:
        if alone and not begun:
            raise
        yield ScanItem.failed(source, error)


def _items(source: str, limits: Limits, leave_out: str | None) -> Iterator[ScanItem]:
    if source == STDIN:
        yield from map(ScanItem, lists.from_stdin())
    elif remote.is_remote(source):
        yield from map(ScanItem, remote.list_urls(source, is_wanted))
    elif archives.is_archive(source) and os.path.isfile(source):
        for path, content in archives.members(source, is_wanted, limits):
            yield ScanItem.failed(path, content) if isinstance(content, UnmaskError) else ScanItem(path, content)
    elif lists.is_list(source) and os.path.isfile(source):
        for path, error in lists.listed(source):
            yield ScanItem.failed(path, error) if error else ScanItem(path)
    else:
        yield from map(ScanItem, list_pictures(source, leave_out=leave_out))


def count(sources: Iterable[str]) -> int | None:
    """How many items local sources stand for; None where only reading them through would tell."""
    total = 0
    for source in sources:
        if source == STDIN or remote.is_remote(source) or archives.is_archive(source):
            return None
        total += sum(1 for _ in _surviving(source, _items(source, Limits(), None), alone=False))
    return total


def list_pictures(source: str, *, leave_out: str | None = None) -> Iterator[str]:
    """Paths of the pictures a file, folder or pattern stands for, in sorted order.

    A file stands for itself, whatever its name; a folder for every picture below it (links to folders are not
    followed); a pattern with `*`, `?` or `[…]` that is no file's name for what matches it.

    Raises:
        UsageError: a folder without a picture, or a pattern that matches nothing.
    """
    if os.path.isdir(source):
        found = False
        for path in below(source, leave_out):
            found = True
            yield path
        if not found:
            raise UsageError(f"{source}: no picture in this folder")
    elif glob.has_magic(source) and not os.path.exists(source):
        matches = sorted(glob.glob(source, recursive=True))
        if not matches:
            raise UsageError(f"{source}: nothing matches this pattern")
        for match in matches:
            yield from below(match, leave_out) if os.path.isdir(match) else (match,)
    else:
        yield source


def below(folder: str, leave_out: str | None = None) -> Iterator[str]:
    """Paths of the pictures below a folder, except those in `leave_out`; links to folders are not followed."""
    closed = os.path.realpath(leave_out) if leave_out else None
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if os.path.realpath(os.path.join(parent, name)) != closed)
        for name in sorted(names):
            if is_wanted(name):
                yield str(Path(parent) / name)
