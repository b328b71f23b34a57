"""Pictures in remote stores (S3, GCS, Azure, HTTP, SFTP, …) through fsspec, named by URLs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from unmask.errors import ImageTooLarge, MissingExtra, MissingFile, SourceError, UnmaskError
from unmask.images import Limits

CHAIN = "::"
"""Stands in a URL between a place inside a file, such as an archive, and that file's own URL."""


def is_remote(path: str) -> bool:
    """Whether a path is a URL."""
    scheme, separator, _ = path.partition("://")
    return bool(separator) and scheme.replace("+", "").replace(":", "").isalnum()


def list_urls(url: str, wanted: Callable[[str], bool]) -> Iterator[str]:
    """The URLs of pictures a URL stands for: itself, all below it, or what its pattern matches; listed bit by bit.

    Raises:
        SourceError: the store cannot be reached or the URL leads nowhere.
        MissingExtra: fsspec, or what it needs for this kind of store, is not installed.
    """
    store, path = _store(url)
    chain = "".join(url.partition(CHAIN)[1:])
    try:
        if any(char in path for char in "*?["):
            yield from sorted(store.unstrip_protocol(match) + chain for match in store.glob(path))
        elif store.isdir(path):
            yield from (each + chain for each in _below(store, path, wanted))
        else:
            yield url
    except UnmaskError:
        raise
    except Exception as error:
        raise SourceError(f"{url}: cannot be listed ({_reason(error)})") from error


def _below(store: Any, path: str, wanted: Callable[[str], bool]) -> Iterator[str]:
    for parent, folders, names in store.walk(path):
        folders.sort() if isinstance(folders, list) else None
        for name in sorted(names):
            if wanted(name):
                yield store.unstrip_protocol(f"{parent.rstrip('/')}/{name}" if parent else name)


def read(url: str, limits: Limits) -> bytes:
    """The bytes behind a URL; safe to call from several threads.

    Raises:
        MissingFile: it is not there or cannot be read.
        ImageTooLarge: it is larger than the limits.
        MissingExtra: fsspec, or what it needs for this kind of store, is not installed.
    """
    store, path = _store(url)
    try:
        data: bytes = store.cat_file(path, start=0, end=limits.bytes + 1)
    except FileNotFoundError as error:
        raise MissingFile(f"{url}: no such object") from error
    except Exception as error:
        raise MissingFile(f"{url}: cannot be read ({_reason(error)})") from error
    if len(data) > limits.bytes:
        raise ImageTooLarge(f"{url}: more than {limits.bytes:,} bytes")
    return data


def _store(url: str) -> tuple[Any, str]:
    """The file system a URL lies in, and its path there."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise MissingExtra("reading from remote stores", "remote") from None
    protocol = url.partition("://")[0]
    try:
        store = _connect(protocol, url if CHAIN in url else "")
        return (store, store._strip_protocol(url)) if store else url_to_fs(url)
    except ImportError as error:
        raise SourceError(f"{url}: {_reason(error)}") from error
    except ValueError as error:
        raise SourceError(f"{url}: {_reason(error)}") from error


@cache
def _connect(protocol: str, chain: str) -> Any:
    """A file system kept for all URLs of one protocol; None for chained URLs, which fsspec resolves one by one."""
    import fsspec

    return None if chain else fsspec.filesystem(protocol)


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
