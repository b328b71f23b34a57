"""Models of a judged video in responses."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel


class ClipMoment(BaseModel):
    """A face in one frame of a video; `time` in seconds, `box` in pixels of the upright frame."""

    time: float
    box: list[int]
    probability_fake: float


class ClipTrack(BaseModel):
    """A face over time. `thumbnail` shows it at `peak`, its most suspicious moment, as a WebP file in base64."""

    label: Literal["real", "unsure", "fake"]
    probability_fake: float
    begin: float
    end: float
    peak: float
    moments: list[ClipMoment]
    thumbnail: str


class Clip(BaseModel):
    """The faces of a video over time, in the order of `faces`; times in seconds."""

    duration: float
    frames: int
    damage: str | None
    tracks: list[ClipTrack]
