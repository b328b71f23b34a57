"""A finding as one row of a flat table, and back: the columns of CSV, SQLite and Parquet."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from unmask.scanning.outputs.output import Row

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
}
"""Column to type. A row is a verdict or a problem, and leaves the other's columns empty; `faces` is JSON."""

_PLAIN = ("label", "probability_fake", "width", "height", "format", "sha256", "seconds")


def text(value: str) -> str:
    """Text as any table can hold it: characters that are no Unicode become backslash escapes."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def flat(row: Row) -> dict[str, Any]:
    """A finding's wire form as the columns of a table."""
    if "problem" in row:
        problem = row["problem"]
        empty: dict[str, Any] = dict.fromkeys(COLUMNS)
        return empty | {
            "path": text(row["path"]),
            "problem_code": problem["code"],
            "problem_message": text(problem["message"]),
        }
    return {
        "path": text(row["path"]),
        **{name: row[name] for name in _PLAIN},
        "face_count": len(row["faces"]),
        **row["thresholds"],
        "faces": json.dumps(row["faces"], separators=(",", ":")),
        **{f"model_{name}": value for name, value in row["model"].items()},
        "problem_code": None,
        "problem_message": None,
    }


def nested(columns: Mapping[str, Any]) -> Row:
    """The wire form again.

    Raises:
        KeyError, TypeError, ValueError: these are not the columns of a finding.
    """
    if columns["problem_code"]:
        return {
            "path": columns["path"],
            "problem": {"code": columns["problem_code"], "message": columns["problem_message"]},
        }
    values = {name: _typed(name, columns[name]) for name in COLUMNS}
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
    }


def _typed(name: str, value: Any) -> Any:
    return None if value in (None, "") else COLUMNS[name](value)
