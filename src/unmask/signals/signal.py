"""The result type of every signal: the finding, its severity, and what it does not show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from PIL import Image


class Severity(StrEnum):
    """How much attention a signal deserves."""

    NONE = "none"
    LOOK = "look"
    STRONG = "strong"


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """One piece of evidence beside the score. No signal decides alone.

    Attributes:
        name: stable identifier, such as `metadata`.
        title: name shown to people.
        state: stable identifier of the result, such as `stripped`.
        severity: how much attention the result deserves.
        reading: the result in plain sentences.
        limits: what the signal does not show.
        details: all measured values, as JSON values.
        picture: the signal as a grayscale map, where it has one.
    """

    name: str
    title: str
    state: str
    severity: Severity
    reading: str
    limits: str
    details: Mapping[str, Any] = field(default_factory=dict)
    picture: Image.Image | None = None

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "name": self.name,
            "title": self.title,
            "state": self.state,
            "notice": str(self.severity),
            "reading": self.reading,
            "limits": self.limits,
            "decisive_alone": False,
            "details": dict(self.details),
        }
