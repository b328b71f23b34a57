"""Pictures inside zip and tar archives, read one after the other; nothing is unpacked to disk."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from typing import IO

from unmask.errors import CorruptImage, ImageTooLarge, MissingFile, SourceError, UnmaskError
from unmask.images import Limits

SEPARATOR = "!/"
"""Stands between an archive's path and a member's name."""

ZIP_SUFFIXES = (".zip",)
TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
_DAMAGE = (
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
"""A member's path, and its bytes or why they cannot be read."""


def is_archive(path: str) -> bool:
    """Whether a name says that it is an archive."""
    return path.lower().endswith(ZIP_SUFFIXES + TAR_SUFFIXES)


def is_member(path: str) -> bool:
    """Whether a path names a picture inside an archive."""
    archive, separator, _ = path.rpartition(SEPARATOR)
    return bool(separator) and is_archive(archive)


def members(archive: str, wanted: Callable[[str], bool], limits: Limits) -> Iterator[Member]:
    """The members whose names are wanted, in the archive's order; a second member of one name gets `#2` after it.

    Damage in the middle of an archive ends it with a last member that carries the archive's own path and the error.
    """
    entries = _zip_entries if archive.lower().endswith(ZIP_SUFFIXES) else _tar_entries
    seen: Counter[str] = Counter()
    try:
        for name, size, opener in entries(archive):
            if not wanted(name):
                continue
            seen[name] += 1
            path = f"{archive}{SEPARATOR}{name}" + (f"#{seen[name]}" if seen[name] > 1 else "")
            yield path, _content(path, size, opener, limits)
    except _DAMAGE as error:
        yield archive, SourceError(f"{archive}: the archive is damaged or cut short ({error})")


Entry = tuple[str, int, Callable[[], IO[bytes]]]
"""A member's name, its size in bytes, and what opens it."""


def _zip_entries(archive: str) -> Iterator[Entry]:
    with zipfile.ZipFile(archive) as file:
        for info in file.infolist():
            if not info.is_dir():
                yield info.filename, info.file_size, partial(file.open, info)


def _tar_entries(archive: str) -> Iterator[Entry]:
    with tarfile.open(archive, "r|*") as file:
        for info in file:
            if info.isfile():
                yield info.name, info.size, partial(_extract, file, info)


def _extract(file: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = file.extractfile(info)
    assert content is not None
    return content


def _content(path: str, size: int, opener: Callable[[], IO[bytes]], limits: Limits) -> bytes | UnmaskError:
    """A member's bytes, never more than the limit, whatever its header says of its size."""
    if size > limits.bytes:
        return ImageTooLarge(f"{path}: {size:,} bytes; the limit is {limits.bytes:,}")
    try:
        with opener() as content:
            data = content.read(limits.bytes + 1)
    except tarfile.ReadError:
        raise
    except _DAMAGE as error:
        return CorruptImage(f"{path}: cannot be read from the archive ({error})")
    return data


def read_member(path: str, limits: Limits) -> bytes:
    """The bytes of a member by its path. Quick for zip; a compressed tar is read from its start.

    Raises:
        MissingFile: the archive or the member is not there.
        ImageError: the member cannot be read.
    """
    archive, _, name = path.rpartition(SEPARATOR)
    if not Path(archive).is_file():
        raise MissingFile(f"{path}: no such archive")
    data = _read_zip(archive, name, path, limits) if archive.lower().endswith(ZIP_SUFFIXES) else None
    if data is None:
        plain = name.partition("#")[0]
        found = dict(members(archive, lambda each: each in (name, plain), limits))
        data = found.get(path, MissingFile(f"{path}: no such member"))
    if isinstance(data, UnmaskError):
        raise data
    return data


def _read_zip(archive: str, name: str, path: str, limits: Limits) -> bytes | UnmaskError | None:
    """A zip's member by its name; None where the name stands for a second one."""
    try:
        file = _opened(archive, Path(archive).stat().st_mtime_ns)
        info = file.getinfo(name)
    except KeyError:
        return None
    except _DAMAGE as error:
        return SourceError(f"{archive}: the archive is damaged ({error})")
    return _content(path, info.file_size, partial(file.open, info), limits)


@lru_cache(maxsize=4)
def _opened(archive: str, changed: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(archive)
