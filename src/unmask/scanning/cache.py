"""A verdict cache keyed by content: equal bytes are judged once, whatever their path.

The cache is one SQLite file that all workers and scans of a user share. It holds digests and verdicts, but no paths and
no pixels. The key includes the model, the face detector, the engine, the options and the version of unmask.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from pathlib import Path

from unmask._paths import user_cache_dir
from unmask.errors import OutputError
from unmask.verdict import Verdict

BUSY_TIMEOUT = 10.0
"""Seconds to wait while another process writes."""


def default_path() -> Path:
    """The path of the user's cache; the environment variable `UNMASK_CACHE` sets another folder."""
    return user_cache_dir() / "judgements.sqlite"


class VerdictCache:
    """Stores verdicts by the digest of an image's bytes.

    If the file cannot be read or written later on, `get` returns None and `put` does nothing.
    """

    def __init__(self, path: str | os.PathLike[str], scan_key: str) -> None:
        """Open or create the file.

        Args:
            path: the SQLite file.
            scan_key: the part of every key that does not depend on the image.

        Raises:
            OutputError: the file cannot be opened, or is not a verdict cache.
        """
        self._scan_key = scan_key.encode()
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS judgements (key BLOB PRIMARY KEY, verdict TEXT) WITHOUT ROWID"
            )
        except (sqlite3.Error, OSError) as error:
            raise OutputError(
                f"{path}: cannot be used as the cache ({error}); delete it, or scan with --no-cache"
            ) from error

    def _key(self, sha256: str) -> bytes:
        return hashlib.blake2b(sha256.encode() + self._scan_key, digest_size=20).digest()

    def get(self, sha256: str) -> Verdict | None:
        """The stored verdict for these bytes, or None."""
        try:
            row = self._database.execute(
                "SELECT verdict FROM judgements WHERE key = ?", (self._key(sha256),)
            ).fetchone()
            return Verdict.from_dict(json.loads(row[0])) if row else None
        except (sqlite3.Error, ValueError, KeyError, TypeError):
            return None

    def put(self, verdict: Verdict) -> None:
        """Store a verdict without its path."""
        text = json.dumps(verdict.with_path(None).to_dict(), separators=(",", ":"))
        try:
            self._database.execute("INSERT OR IGNORE INTO judgements VALUES (?, ?)", (self._key(verdict.sha256), text))
        except sqlite3.Error:
            return

    def close(self) -> None:
        """Close the file."""
        self._database.close()
