"""Forged records, and the checks that fail on them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from unmask import Detector
from unmask.record import verify_record
from unmask.record.canonical import digest

Record = dict[str, Any]


def resealed(record: Record) -> Record:
    """A forged record: the digest is computed again over changed content."""
    content = {name: value for name, value in record.items() if name not in ("digest", "signature")}
    return {**content, "digest": digest(content)}


def failures(record: Record, picture: Path | None, detector: Detector, key: str | None = None) -> dict[str, str]:
    checks = verify_record(record, picture, load=lambda: detector, public_key=key)
    return {check.name: check.message for check in checks if check.ok is False}
