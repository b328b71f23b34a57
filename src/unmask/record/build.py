"""Builds evidence records, writes them to files and reads them."""

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
from unmask.faces import identify_face_detector
from unmask.predict_options import PredictOptions
from unmask.record.canonical import canonical, digest
from unmask.record.signing import sign
from unmask.verdict import Verdict
from unmask.video import is_video

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TYPE, VERSION = "unmask.record", 1
FACE_DETECTOR = "face_finder"
"""Key of the face detector in a record."""
TOLERANCE = 1e-3
"""Largest difference between scores of the same picture on two machines."""

_LIBRARIES = ("numpy", "pillow", "onnxruntime")
_CLIP_LIBRARIES = ("av",)


def make_record(
    detector: Detector,
    verdict: Verdict,
    *,
    whole_picture: bool,
    stability: bool,
    key: Ed25519PrivateKey | None = None,
) -> dict[str, Any]:
    """Builds the record of one verdict, with its digest and, where a key is given, a signature.

    Args:
        detector: the detector that gave the verdict.
        verdict: the verdict on a picture or a clip.
        whole_picture: as `predict` was called; False for a clip.
        stability: as `predict` was called; False for a clip.
        key: private key that signs the record.
    """
    card = detector.card
    libraries = _LIBRARIES + (_CLIP_LIBRARIES if is_video(verdict.path or "") else ())
    content: dict[str, Any] = {
        "type": TYPE,
        "version": VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "input": {"name": _text(verdict.path), "sha256": verdict.sha256},
        "model": {**verdict.model.to_dict(), "calibration": card.calibration.to_dict()},
        FACE_DETECTOR: identify_face_detector(detector.config.faces if detector.config else None),
        "preparation": card.preprocessing.to_dict(),
        "settings": PredictOptions(whole_picture, stability).to_dict(),
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
    """Converts a file name to valid Unicode."""
    return None if name is None else os.fsencode(name).decode("utf-8", "replace")


class RecordFile:
    """A new file of records, one line of canonical JSON each. Each record is on the disk when `add` returns."""

    def __init__(self, path: Path) -> None:
        """Creates the file.

        Raises:
            UsageError: the file exists, or it cannot be created.
        """
        try:
            self._file = path.open("xb")
        except FileExistsError:
            raise UsageError(f"{path}: exists; records are never overwritten; name another file") from None
        except OSError as error:
            raise UsageError(f"{path}: cannot be written ({error.strerror or error})") from None

    def add(self, record: dict[str, Any]) -> None:
        """Appends one record."""
        self._file.write(canonical(record) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def read_records(path: Path) -> Iterator[dict[str, Any]]:
    """Reads the records of a file, one per line; a file with a single record may have line breaks in it.

    Raises:
        UsageError: the file cannot be read, or a line is not a record; the message names the line.
    """
    try:
        content = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not text"
        raise UsageError(f"{path}: cannot be read ({reason})") from None
    single = _parse_record(content)
    if single is not None:
        yield single
        return
    lines = [line for line in content.splitlines() if line.strip()]
    for number, line in enumerate(lines, start=1):
        record = _parse_record(line)
        if record is None:
            raise UsageError(f"{path}: line {number} is not an evidence record")
        yield record
    if not lines:
        raise UsageError(f"{path}: the file is empty")


def _parse_record(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and value.get("type") == TYPE else None
