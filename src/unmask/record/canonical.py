"""Canonical JSON (RFC 8785): one value has one spelling, so that its digest is the same everywhere."""

from __future__ import annotations

import hashlib
import json
import math
from decimal import Decimal
from typing import Any


def canonical(value: Any) -> bytes:
    """A JSON value in its one spelling, UTF-8.

    Raises:
        ValueError: a number JSON cannot hold.
        TypeError: a value that is not JSON, or a key that is not text.
    """
    return _spell(value).encode("utf-8", "replace")


def digest(value: Any) -> str:
    """The sha256 of a JSON value's canonical spelling, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _spell(value: Any) -> str:
    if value is None or isinstance(value, bool | int | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, dict):
        ordered = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{json.dumps(key, ensure_ascii=False)}:{_spell(each)}" for key, each in ordered) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_spell, value)) + "]"
    raise TypeError(f"{type(value).__name__} is not JSON")


def _number(value: float) -> str:
    """A number as ECMAScript spells it: the shortest digits that read back as the same number."""
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
