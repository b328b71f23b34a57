"""The columns of the CSV, SQLite and Parquet outputs: convert findings to flat rows and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from unmask.scanning.outputs.output import FindingRow

COLUMNS: dict[str, type] = {
    "path": str,
    "label": str,
    "probability_fake": float,
    "face_count": int,
    "width": int,
    "height": int,
    "format": str,
    "sha256": str,
    "real_below": float,
    "fake_above": float,
    "faces": str,
    "model_name": str,
    "model_version": str,
    "model_sha256": str,
    "seconds": float,
    "problem_code": str,
    "problem_message": str,
    "notes": str,
    "smallest_face": int,
    "detection_score": float,
    "reason": str,
}
"""Type by column. The columns of a verdict are empty in the row of a failure, and the reverse; `faces` and `notes` are
JSON. `detection_score` and `reason` are those of the face with the highest score.
"""
BASE_COLUMNS = tuple(COLUMNS)[:17]
"""The columns of version 0.1. A file that has only these is read and continued."""

_COPIED = ("label", "probability_fake", "width", "height", "format", "sha256", "seconds")


def _valid_text(value: str) -> str:
    """Text as valid Unicode: other characters become backslash escapes."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def flat(row: FindingRow) -> dict[str, Any]:
    """Converts a finding from the wire form to columns."""
    if "problem" in row:
        problem = row["problem"]
        empty: dict[str, Any] = dict.fromkeys(COLUMNS)
        return empty | {
            "path": _valid_text(row["path"]),
            "problem_code": problem["code"],
            "problem_message": _valid_text(problem["message"]),
        }
    return {
        "path": _valid_text(row["path"]),
        **{name: row[name] for name in _COPIED},
        "face_count": len(row["faces"]),
        **row["thresholds"],
        "faces": json.dumps(row["faces"], separators=(",", ":")),
        **{f"model_{name}": value for name, value in row["model"].items()},
        "problem_code": None,
        "problem_message": None,
        "notes": json.dumps(row["notes"], ensure_ascii=False) if row.get("notes") else None,
        "smallest_face": row.get("smallest_face"),
        **_highest_face(row),
    }


def _highest_face(row: FindingRow) -> dict[str, Any]:
    """Detection score and reason of the face with the highest score; None if there is none."""
    none: dict[str, Any] = {}
    face = max(row["faces"], key=lambda each: each["probability_fake"], default=none)
    return {name: face.get(name) for name in ("detection_score", "reason")}


def nested(columns: Mapping[str, Any]) -> FindingRow:
    """Converts columns back to the wire form; the columns after `BASE_COLUMNS` may be missing.

    Raises:
        KeyError, TypeError, ValueError: the columns are not those of a finding.
    """
    if columns["problem_code"]:
        return {
            "path": columns["path"],
            "problem": {"code": columns["problem_code"], "message": columns["problem_message"]},
        }
    values = {name: _typed(name, columns[name]) for name in BASE_COLUMNS}
    notes, smallest_face = columns.get("notes"), _typed("smallest_face", columns.get("smallest_face"))
    return {
        "path": values["path"],
        "sha256": values["sha256"],
        "width": values["width"],
        "height": values["height"],
        "format": values["format"],
        "label": values["label"],
        "probability_fake": values["probability_fake"],
        "thresholds": {name: values[name] for name in ("real_below", "fake_above")},
        "faces": json.loads(columns["faces"]),
        "model": {name: values[f"model_{name}"] for name in ("name", "version", "sha256")},
        "seconds": values["seconds"],
        **({"notes": json.loads(notes)} if notes else {}),
        **({} if smallest_face is None else {"smallest_face": smallest_face}),
    }


def _typed(name: str, value: Any) -> Any:
    return None if value in (None, "") else COLUMNS[name](value)
