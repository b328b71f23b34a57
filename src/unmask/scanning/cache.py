"""Judgements by content: equal bytes are judged once, whatever they are called and whenever they are met.

A small SQLite file shared by all workers and all scans of a user. It holds digests and verdicts, no paths and no
pixels. A judgement is found again only under the same model, face finder, engine, settings and version of unmask.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
from pathlib import Path

from unmask.errors import OutputError
from unmask.verdict import Verdict

BUSY = 10.0
"""Seconds to wait for another process that writes."""


def default_path() -> Path:
    """Where the user's cache lies; the environment variable `UNMASK_CACHE` names another folder."""
    if folder := os.environ.get("UNMASK_CACHE"):
        return Path(folder) / "judgements.sqlite"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "unmask" / "judgements.sqlite"


class VerdictCache:
    """Verdicts by the digest of a picture's bytes.

    A full disk or a busy file only makes it forget; it never stops a scan.
    """

    def __init__(self, path: str | os.PathLike[str], conditions: str) -> None:
        """Open or create the file.

        Args:
            path: the SQLite file.
            conditions: everything besides the bytes that a verdict depends on.

        Raises:
            OutputError: the file cannot be opened, or is not a cache.
        """
        self._conditions = conditions.encode()
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS judgements (key BLOB PRIMARY KEY, verdict TEXT) WITHOUT ROWID"
            )
        except (sqlite3.Error, OSError) as error:
            raise OutputError(
                f"{path}: cannot serve as the cache ({error}); delete it, or scan with --no-cache"
            ) from error

    def _key(self, sha256: str) -> bytes:
        return hashlib.blake2b(sha256.encode() + self._conditions, digest_size=20).digest()

    def get(self, sha256: str) -> Verdict | None:
        """The verdict on these bytes, if they were judged before."""
        try:
            row = self._database.execute(
                "SELECT verdict FROM judgements WHERE key = ?", (self._key(sha256),)
            ).fetchone()
            return Verdict.from_dict(json.loads(row[0])) if row else None
        except (sqlite3.Error, ValueError, KeyError, TypeError):
            return None

    def put(self, verdict: Verdict) -> None:
        """Remember a verdict, without the path."""
        text = json.dumps(verdict.with_path(None).to_dict(), separators=(",", ":"))
        try:
            self._database.execute("INSERT OR IGNORE INTO judgements VALUES (?, ?)", (self._key(verdict.sha256), text))
        except sqlite3.Error:
            return

    def close(self) -> None:
        """Close the file."""
        self._database.close()
