"""What a signal is: evidence beside the score, in plain words, with its limits. No signal decides alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from PIL import Image


class Notice(StrEnum):
    """How much attention a signal deserves."""

    NONE = "none"
    LOOK = "look"
    STRONG = "strong"


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """One piece of evidence beside the score.

    Attributes:
        name: stable, such as `metadata`.
        title: for people.
        state: stable name of what was found, such as `stripped`.
        notice: how much attention it deserves.
        reading: what it says, in plain words.
        limits: what it does not say.
        details: everything found, as JSON values.
        picture: a map to look at, where there is one.
    """

    name: str
    title: str
    state: str
    notice: Notice
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
            "notice": str(self.notice),
            "reading": self.reading,
            "limits": self.limits,
            "decisive_alone": False,
            "details": dict(self.details),
        }
