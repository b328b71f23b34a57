"""Read images from zip and tar archives in memory, without unpacking them to disk."""

from __future__ import annotations

import lzma
import os
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, TypeVar

from unmask.errors import CorruptImage, ImageTooLarge, MissingFile, SourceError, UnmaskError
from unmask.images import Limits

SEPARATOR = "!/"
"""Separates an archive's path from a member's name."""
DUPLICATE_MARK = "#"
"""Separates a duplicate member's name from its number."""

ZIP_SUFFIXES = (".zip",)
TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_READ_ERRORS = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
)

Member = tuple[str, bytes | UnmaskError]
"""A member's path, and its bytes or the error that reading it raised."""


def is_archive(path: str) -> bool:
    """Whether the file name ends like that of an archive."""
    return path.lower().endswith(ZIP_SUFFIXES + TAR_SUFFIXES)


def is_member(path: str) -> bool:
    """Whether a path names an image inside an archive."""
    archive, separator, _ = path.rpartition(SEPARATOR)
    return bool(separator) and is_archive(archive)


def members(archive: str, wanted: Callable[[str], bool], limits: Limits) -> Iterator[Member]:
    """Yields the members whose names are wanted, in the archive's order.

    The second member of one name gets the suffix `#2`. When the archive is damaged, the last member yielded has the
    archive's own path and the error.
    """
    entries = _zip_entries if archive.lower().endswith(ZIP_SUFFIXES) else _tar_entries
    try:
        for name, unique, size, opener in entries(archive):
            if wanted(name):
                path = f"{archive}{SEPARATOR}{unique}"
                yield path, _content(path, size, opener, limits)
    except _READ_ERRORS as error:
        yield archive, SourceError(f"{archive}: the archive is damaged or truncated ({error})")


Entry = tuple[str, str, int, Callable[[], IO[bytes]]]
"""A member's name, its unique name, its size in bytes, and a function that opens it."""


def _zip_entries(archive: str) -> Iterator[Entry]:
    with zipfile.ZipFile(archive) as file:
        for unique, info in _numbered((info.filename, info) for info in file.infolist()):
            if not info.is_dir():
                yield info.filename, unique, info.file_size, partial(file.open, info)


def _tar_entries(archive: str) -> Iterator[Entry]:
    with tarfile.open(archive, "r|*") as file:
        for unique, info in _numbered((info.name, info) for info in file):
            if info.isfile():
                yield info.name, unique, info.size, partial(_extract, file, info)
    if archive.lower().endswith(".tar") and not _has_end(archive):
        raise tarfile.ReadError("its end is missing")


Info = TypeVar("Info")


def _numbered(members: Iterable[tuple[str, Info]]) -> Iterator[tuple[str, Info]]:
    """Yields each member with a unique name; a repeated name gets a number."""
    seen: Counter[str] = Counter()
    for name, info in members:
        seen[name] += 1
        yield (f"{name}{DUPLICATE_MARK}{seen[name]}" if seen[name] > 1 else name), info


def _has_end(archive: str) -> bool:
    """Whether a tar file ends with its two empty blocks; `tarfile` does not report a file truncated between members."""
    with Path(archive).open("rb") as file:
        file.seek(max(0, os.path.getsize(archive) - 1024))
        return not any(file.read())


def _extract(file: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = file.extractfile(info)
    assert content is not None
    return content


def _content(path: str, size: int, opener: Callable[[], IO[bytes]], limits: Limits) -> bytes | UnmaskError:
    """Reads a member's bytes, at most the limit plus one, whatever size its header declares."""
    if size > limits.bytes:
        return ImageTooLarge(f"{path}: {size:,} bytes; the limit is {limits.bytes:,}")
    try:
        with opener() as content:
            data = content.read(limits.bytes + 1)
    except tarfile.ReadError:
        raise
    except _READ_ERRORS as error:
        return CorruptImage(f"{path}: cannot be read from the archive ({error})")
    return data


def read_member(path: str, limits: Limits) -> bytes:
    """Reads the bytes of a member by its path; a tar archive is read from its start.

    Raises:
        MissingFile: the archive or the member does not exist.
        ImageError: the member cannot be read.
    """
    archive, _, name = path.rpartition(SEPARATOR)
    if not Path(archive).is_file():
        raise MissingFile(f"{path}: no such archive")
    if archive.lower().endswith(ZIP_SUFFIXES):
        data = _read_zip(archive, name, path, limits)
    else:
        found = dict(members(archive, lambda each: name.startswith(each), limits))
        data = found.get(path, MissingFile(f"{path}: no such member"))
    if isinstance(data, UnmaskError):
        raise data
    return data


def _read_zip(archive: str, name: str, path: str, limits: Limits) -> bytes | UnmaskError:
    try:
        file, index = _opened(archive, Path(archive).stat().st_mtime_ns)
    except _READ_ERRORS as error:
        return SourceError(f"{archive}: the archive is damaged ({error})")
    if name not in index:
        return MissingFile(f"{path}: no such member")
    return _content(path, index[name].file_size, partial(file.open, index[name]), limits)


@lru_cache(maxsize=4)
def _opened(archive: str, changed: int) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    file = zipfile.ZipFile(archive)
    return file, dict(_numbered((info.filename, info) for info in file.infolist()))
