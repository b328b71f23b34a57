"""List the items of sources: files, folders, patterns, lists, archives and URLs."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from unmask.errors import MissingExtra, UnmaskError, UsageError
from unmask.images import Limits
from unmask.scanning import archives, lists, remote
from unmask.scanning.items import ScanItem, is_supported

STDIN = "-"
"""The source name that selects stdin."""


def list_items(sources: Sequence[str], limits: Limits, *, leave_out: str | None = None) -> Iterator[ScanItem]:
    """Yields the items of the sources, in order. If one of several sources fails, its last item holds the error.

    Args:
        sources: each an image, a folder, a pattern, a list (`.txt`, `.csv`, `.tsv`, `.jsonl`, `.parquet`; `-` for
            stdin), an archive (`.zip`, `.tar`, `.tar.gz`, …) or a URL that fsspec understands.
        limits: members of archives larger than this are not read.
        leave_out: a folder inside a scanned folder that is skipped.

    Raises:
        UsageError: the only source is a folder without an image, or a pattern that matches nothing.
        SourceError: the only source is a list or store that cannot be read.
        MissingExtra: a source needs an extra that is not installed.
    """
    for source in sources:
        yield from _with_error_item(source, _items(source, limits, leave_out), alone=len(sources) == 1)


def list_picture_items(sources: Sequence[str]) -> Iterator[ScanItem]:
    """Yields the items of files, folders and patterns, in order; `-` becomes an item of that name.

    Raises:
        UsageError: the only source is a folder without an image, or a pattern that matches nothing.
    """
    for source in sources:
        paths = (source,) if source == STDIN else list_pictures(source)
        yield from _with_error_item(source, map(ScanItem, paths), alone=len(sources) == 1)


def _with_error_item(source: str, found: Iterable[ScanItem], *, alone: bool) -> Iterator[ScanItem]:
    """Yields the items of a source, and a last one that holds the error if listing the source fails."""
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
        yield from _listed_items(lists.read_stdin())
    elif remote.is_remote(source):
        yield from map(ScanItem, remote.list_urls(source, is_supported))
    elif archives.is_archive(source) and os.path.isfile(source):
        for path, content in archives.members(source, is_supported, limits):
            yield ScanItem.failed(path, content) if isinstance(content, UnmaskError) else ScanItem(path, content)
    elif lists.is_list(source) and os.path.isfile(source):
        yield from _listed_items(lists.read_list(source))
    else:
        yield from map(ScanItem, list_pictures(source, leave_out=leave_out))


def _listed_items(entries: Iterable[lists.ListEntry]) -> Iterator[ScanItem]:
    return (ScanItem.failed(path, error) if error else ScanItem(path) for path, error in entries)


def count_items(sources: Iterable[str]) -> int | None:
    """The number of items of local sources; None if counting would need to read stdin, an archive or a remote store."""
    total = 0
    for source in sources:
        if source == STDIN or remote.is_remote(source) or archives.is_archive(source):
            return None
        total += sum(1 for _ in _with_error_item(source, _items(source, Limits(), None), alone=False))
    return total


def list_pictures(source: str, *, leave_out: str | None = None) -> Iterator[str]:
    """Yields the paths of the images of a file, folder or pattern, in sorted order.

    A file yields its own path, whatever its name. A folder yields every image below it; links to folders are not
    followed. A pattern (`*`, `?` or `[…]`) that is not the name of a file yields its matches.

    Raises:
        UsageError: the folder has no image, or the pattern matches nothing.
    """
    if os.path.isdir(source):
        found = False
        for path in walk_pictures(source, leave_out):
            found = True
            yield path
        if not found:
            raise UsageError(f"{source}: no picture in this folder")
    elif glob.has_magic(source) and not os.path.exists(source):
        matches = sorted(glob.glob(source, recursive=True))
        if not matches:
            raise UsageError(f"{source}: no file matches this pattern; check the path")
        for match in matches:
            yield from walk_pictures(match, leave_out) if os.path.isdir(match) else (match,)
    else:
        yield source


def walk_pictures(folder: str, leave_out: str | None = None) -> Iterator[str]:
    """Yields the paths of the images below a folder, except in `leave_out`; links to folders are not followed."""
    skipped = os.path.realpath(leave_out) if leave_out else None
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if os.path.realpath(os.path.join(parent, name)) != skipped)
        for name in sorted(names):
            if is_supported(name):
                yield str(Path(parent) / name)
