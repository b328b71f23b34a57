"""Versions of updated models: the version of the base with the number of updates, such as `1.6+2`."""

from __future__ import annotations


def next_version(version: str) -> str:
    """The version after one more update: `1.6+1` after `1.6`, and `1.6+2` after `1.6+1`."""
    base, plus, number = version.rpartition("+")
    return f"{base}+{int(number) + 1}" if plus and number.isdecimal() else f"{version}+1"
