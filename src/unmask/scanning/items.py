"""One item of a scan: an image or clip in a file, an archive or a remote store."""

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
    """One image or clip to judge.

    Attributes:
        path: the path of its finding: a file path, a URL, or `archive.zip!/member`.
        data: its bytes if listing the source has read them (archive members); else None.
        failure: the error if listing the source has failed for this item; else None.
    """

    path: str
    data: bytes | None = None
    failure: Failure | None = None

    @classmethod
    def failed(cls, path: str, error: UnmaskError) -> ScanItem:
        """An item that cannot be read; its finding will hold the error."""
        return cls(path, failure=Failure.from_error(error))

    @property
    def is_clip(self) -> bool:
        """Whether the item is a video clip."""
        return is_video(self.path)

    def open(self, limits: Limits) -> Picture:
        """Read the bytes and the header.

        Raises:
            ImageError: the image cannot be opened; the message states why.
        """
        return (
            open_image(self.data, name=self.path, limits=limits) if self.data is not None else reopen(self.path, limits)
        )


def reopen(path: str, limits: Limits | None = None) -> Picture:
    """Opens the image of a finding again.

    Raises:
        ImageError: the image no longer exists, or cannot be opened.
    """
    limits = limits or Limits()
    return open_image(path if is_local_file(path) else read_bytes(path, limits), name=path, limits=limits)


def is_local_file(path: str) -> bool:
    """Whether a path is neither a URL nor the member of an archive."""
    return not (remote.is_remote(path) or archives.is_member(path))


def read_bytes(path: str, limits: Limits) -> bytes:
    """Reads the bytes of a URL or an archive member.

    Raises:
        ImageError: it does not exist, or is larger than the limits.
    """
    return archives.read_member(path, limits) if archives.is_member(path) else remote.read(path, limits)


def is_supported(name: str) -> bool:
    """Whether the file name is that of an image, or of a clip if the extra `video` is installed.

    The `._name` files that macOS writes beside others are not supported.
    """
    pure = PurePosixPath(name)
    return (pure.suffix.lower() in SUFFIXES and not pure.name.startswith("._")) or (
        is_video(name) and _can_read_clips()
    )


@cache
def _can_read_clips() -> bool:
    return find_spec("av") is not None
