"""A memory-saving set of paths."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


class PathSet:
    """A set of paths that stores a 16-byte digest of each.

    A path that is not valid Unicode equals its backslash-escaped form, because that is what most outputs store.
    """

    def __init__(self, paths: Iterable[str] = ()) -> None:
        self._digests = {self._digest(path) for path in paths}

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self._digest(path) in self._digests

    def __len__(self) -> int:
        return len(self._digests)

    def add(self, path: str) -> bool:
        """Add a path; returns False if the set contained it already."""
        before = len(self._digests)
        self._digests.add(self._digest(path))
        return len(self._digests) > before

    @staticmethod
    def _digest(path: str) -> bytes:
        return hashlib.blake2b(path.encode("utf-8", "backslashreplace"), digest_size=16).digest()
