"""What a scan goes through: one item for each picture, wherever it lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import PurePosixPath

from unmask.errors import UnmaskError
from unmask.images import SUFFIXES, Limits, Picture, open_image
from unmask.scanning import archives, remote
from unmask.verdict import Failure
from unmask.video import is_video


@dataclass(frozen=True, slots=True)
class ScanItem:
    """One thing to judge.

    Attributes:
        path: what its finding is called; a path, a URL, or `archive.zip!/member`.
        data: its bytes, where they were met on the way (members of archives).
        failure: why it cannot be judged, where that is known already.
    """

    path: str
    data: bytes | None = None
    failure: Failure | None = None

    @classmethod
    def failed(cls, path: str, error: UnmaskError) -> ScanItem:
        """An item that is a problem from the start."""
        return cls(path, failure=Failure.from_error(error))

    @property
    def is_clip(self) -> bool:
        """Whether it is a clip, to be judged frame by frame."""
        return is_video(self.path)

    def open(self, limits: Limits) -> Picture:
        """Read the bytes and the header.

        Raises:
            ImageError: the picture cannot be opened; the message says why.
        """
        return (
            open_image(self.data, name=self.path, limits=limits) if self.data is not None else reopen(self.path, limits)
        )


def reopen(path: str, limits: Limits | None = None) -> Picture:
    """Open the picture a finding speaks of.

    Raises:
        ImageError: it is no longer there, or cannot be opened.
    """
    limits = limits or Limits()
    return open_image(read_again(path, limits) if is_stored_elsewhere(path) else path, name=path, limits=limits)


def is_stored_elsewhere(path: str) -> bool:
    """Whether a path is no local file: a URL, or the member of an archive."""
    return remote.is_remote(path) or archives.is_member(path)


def read_again(path: str, limits: Limits) -> bytes:
    """The bytes behind a path that is no local file.

    Raises:
        ImageError: it is no longer there, or larger than the limits.
    """
    return archives.read_member(path, limits) if archives.is_member(path) else remote.read(path, limits)


def is_wanted(name: str) -> bool:
    """Whether a file's name says that it can be judged: a picture, or a clip where the extra `video` is installed.

    macOS's `._name` side files are neither.
    """
    pure = PurePosixPath(name)
    return (pure.suffix.lower() in SUFFIXES and not pure.name.startswith("._")) or (is_video(name) and _reads_clips())


@cache
def _reads_clips() -> bool:
    return find_spec("av") is not None
