"""Logs as one JSON object per line, without file names, client addresses or other personal data."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from unmask._decoder_warnings import hide_decoder_warnings

FIELDS = ("request_id", "method", "route", "status", "ms", "error", "count", "job", "pictures")
"""Extra fields of a record that are logged; all others are left out."""


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON: time, level, message, the known fields, and the place of an error."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        line.update({name: getattr(record, name) for name in FIELDS if hasattr(record, name)})
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            frames = traceback.extract_tb(record.exc_info[2])
            line["where"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
        return json.dumps(line, ensure_ascii=False)


def configure() -> None:
    """Write the log of unmask and the warnings of uvicorn to stderr as JSON, and hide the warnings of Pillow."""
    hide_decoder_warnings()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    for name, level in {"unmask.web": logging.INFO, "uvicorn": logging.WARNING}.items():
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
