"""The server's private files: uploaded bytes of open jobs, and pictures that the settings keep."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from unmask.errors import UsageError

INTERRUPTED_SECONDS = 3600.0
"""Age at which a spool folder without a job counts as an interrupted upload."""


def _private_folder(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from None
    return path


def _write_private(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)


class Spool:
    """Uploaded bytes of accepted jobs, one folder per job. File names come from the server, never from an upload.

    Attributes:
        node: id of this machine's spool in the database, which several machines may share.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = _private_folder(folder)
        self.node = self._read_node()

    def _read_node(self) -> str:
        """The id in the file `node`. The first process that starts creates the file."""
        file = self._folder / "node"
        with contextlib.suppress(FileExistsError):
            draft = self._folder / f"node.{secrets.token_hex(4)}"
            _write_private(draft, secrets.token_hex(16).encode())
            try:
                os.link(draft, file)
            finally:
                draft.unlink()
        return file.read_text()

    def put(self, job_id: str, position: int, data: bytes) -> None:
        """Store one picture of a job."""
        _write_private(_private_folder(self._folder / job_id) / str(position), data)

    def get(self, job_id: str, position: int) -> bytes | None:
        """Read one picture of a job; None if the file is missing."""
        try:
            return (self._folder / job_id / str(position)).read_bytes()
        except OSError:
            return None

    def drop(self, job_id: str, position: int) -> None:
        """Delete one picture of a job."""
        (self._folder / job_id / str(position)).unlink(missing_ok=True)

    def drop_job(self, job_id: str) -> None:
        """Delete all pictures of a job."""
        shutil.rmtree(self._folder / job_id, ignore_errors=True)

    def sweep(self, open_jobs: Iterable[str]) -> None:
        """Delete the folders of interrupted uploads and of finished jobs."""
        keep, oldest = set(open_jobs), time.time() - INTERRUPTED_SECONDS
        for path in self._folder.iterdir():
            if path.is_dir() and path.name not in keep and path.stat().st_mtime < oldest:
                shutil.rmtree(path, ignore_errors=True)


class PictureStore:
    """Pictures that the settings keep, stored under the SHA-256 of their bytes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """The file of a picture, whether it exists or not."""
        return self._folder / sha256[:2] / sha256

    def put(self, sha256: str, data: bytes) -> None:
        """Store a picture."""
        path = self.path(sha256)
        if not path.exists():
            _private_folder(path.parent)
            _write_private(path, data)

    def get(self, sha256: str) -> bytes | None:
        """Read a picture; None if it is not stored."""
        try:
            return self.path(sha256).read_bytes()
        except OSError:
            return None

    def drop(self, digests: Iterable[str]) -> None:
        """Delete pictures."""
        for sha256 in digests:
            self.path(sha256).unlink(missing_ok=True)
