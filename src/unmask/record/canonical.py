"""Canonical JSON (RFC 8785): a value is always encoded the same way, so its digest is the same on every machine."""

from __future__ import annotations

import hashlib
import json
import math
from decimal import Decimal
from typing import Any


def canonical(value: Any) -> bytes:
    """Encodes a JSON value canonically, in UTF-8.

    Raises:
        ValueError: a number is infinite or not a number.
        TypeError: a value has no JSON form.
    """
    return _encode(value).encode("utf-8", "replace")


def digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _encode(value: Any) -> str:
    if value is None or isinstance(value, bool | int | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return _format_number(value)
    if isinstance(value, dict):
        ordered = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_encode(each)}" for key, each in ordered) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_encode, value)) + "]"
    raise TypeError(f"{type(value).__name__} is not JSON")


def _format_number(value: float) -> str:
    """Formats a number as ECMAScript does: the shortest digits that parse to the same number."""
    if not math.isfinite(value):
        raise ValueError(f"JSON has no {value}")
    sign, figures, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    digits = "".join(map(str, figures))
    point = len(digits) + exponent
    minus = "-" if sign and value else ""
    if not value:
        return "0"
    if len(digits) <= point <= 21:
        return minus + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{minus}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{minus}{digits[0]}{fraction}e{point - 1:+d}"
