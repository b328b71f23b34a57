"""Making records and reading them back."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unmask._version import __version__
from unmask.detector import Detector
from unmask.errors import UsageError
from unmask.record.canonical import canonical, digest
from unmask.record.signing import sign
from unmask.verdict import Verdict
from unmask.video import is_video
from unmask.zoo import FACES

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TYPE, VERSION = "unmask.record", 1
TOLERANCE = 1e-3
"""How far a score may differ on another machine."""

_LIBRARIES = ("numpy", "pillow", "onnxruntime")
_FOR_CLIPS = ("av",)


def make_record(
    detector: Detector,
    verdict: Verdict,
    *,
    whole_picture: bool,
    stability: bool,
    key: Ed25519PrivateKey | None = None,
) -> dict[str, Any]:
    """Everything needed to check one judgement later, with its own digest and, given a key, a signature.

    Args:
        detector: what judged.
        verdict: what it said of a picture or a clip.
        whole_picture: as `predict` was called; False for a clip.
        stability: as `predict` was called; False for a clip.
        key: signs the record.
    """
    card = detector.card
    libraries = _LIBRARIES + (_FOR_CLIPS if is_video(verdict.path or "") else ())
    content: dict[str, Any] = {
        "type": TYPE,
        "version": VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "input": {"name": _text(verdict.path), "sha256": verdict.sha256},
        "model": {**verdict.model.to_dict(), "calibration": card.calibration.to_dict()},
        "face_finder": {"name": FACES.name, "sha256": FACES.sha256},
        "preparation": card.preprocessing.to_dict(),
        "settings": {"whole_picture": whole_picture, "stability": stability},
        "software": {
            "unmask": __version__,
            "python": platform.python_version(),
            "platform": f"{platform.system()} {platform.machine()}",
            **{name: metadata.version(name) for name in libraries},
        },
        "tolerance": TOLERANCE,
        "verdict": {**verdict.to_dict(), "path": _text(verdict.path)},
    }
    record = {**content, "digest": digest(content)}
    return {**record, "signature": sign(canonical(record), key)} if key else record


def _text(name: str | None) -> str | None:
    """A file name as text every machine can store."""
    return None if name is None else os.fsencode(name).decode("utf-8", "replace")


class RecordFile:
    """A new file of records, one canonical line each; each is on the disk before the next picture is judged."""

    def __init__(self, path: Path) -> None:
        """Create the file.

        Raises:
            UsageError: it exists already (evidence is never overwritten), or cannot be made.
        """
        try:
            self._file = path.open("xb")
        except FileExistsError:
            raise UsageError(f"{path}: exists; records are never overwritten, name another file") from None
        except OSError as error:
            raise UsageError(f"{path}: cannot write there ({error.strerror or error})") from None

    def add(self, record: dict[str, Any]) -> None:
        """Append one record."""
        self._file.write(canonical(record) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Nothing more is added."""
        self._file.close()


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a file, one per line; a single record may also be spread over lines.

    Raises:
        UsageError: no such file, or not a file of records; the message names the line.
    """
    try:
        content = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not text"
        raise UsageError(f"{path}: cannot be read ({reason})") from None
    whole = _record(content)
    if whole is not None:
        yield whole
        return
    lines = [line for line in content.splitlines() if line.strip()]
    for number, line in enumerate(lines, start=1):
        record = _record(line)
        if record is None:
            raise UsageError(f"{path}: line {number} is not an evidence record")
        yield record
    if not lines:
        raise UsageError(f"{path}: is empty")


def _record(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and value.get("type") == TYPE else None
