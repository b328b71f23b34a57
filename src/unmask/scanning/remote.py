"""List and read images in remote stores (S3, GCS, Azure, HTTP, SFTP, …) through fsspec."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from unmask.errors import ImageTooLarge, MissingExtra, MissingFile, SourceError, UnmaskError
from unmask.images import Limits

CHAIN = "::"
"""Separates the path inside an archive from the archive's own URL, as in `zip://a.jpg::s3://bucket/a.zip`."""


def is_remote(path: str) -> bool:
    """Whether a path is a URL."""
    scheme, separator, _ = path.partition("://")
    return bool(separator) and scheme.replace("+", "").replace(":", "").isalnum()


def list_urls(url: str, wanted: Callable[[str], bool]) -> Iterator[str]:
    """Yields the URLs of the images below a folder URL, those that match a pattern, or the URL of an object itself.

    Raises:
        SourceError: the store cannot be reached or listed.
        MissingExtra: fsspec is not installed.
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
    """Reads the bytes of a URL. Thread-safe.

    Raises:
        MissingFile: the object does not exist or cannot be read.
        ImageTooLarge: the object is larger than the limits.
        MissingExtra: fsspec is not installed.
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
    """The fsspec file system of a URL, and the path in that file system."""
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
    """The shared file system of a protocol; None for a chained URL, which fsspec resolves each time."""
    import fsspec

    return None if chain else fsspec.filesystem(protocol)


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
