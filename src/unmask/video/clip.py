"""What is said of a clip: its tracks, each a face followed through time, and the verdict they come to."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from unmask.verdict import Label, Verdict

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Moment:
    """A face in one frame: seconds from the start, its box in pixels, and the frame's own score."""

    time: float
    box: Box
    probability_fake: float

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {"time": round(self.time, 3), "box": list(self.box), "probability_fake": self.probability_fake}


@dataclass(frozen=True, slots=True)
class Track:
    """One face through time.

    Attributes:
        moments: in order of time.
        label, probability_fake: of the whole track.
        file: the face at its most suspicious moment, as a small WebP file.
    """

    moments: tuple[Moment, ...]
    label: Label
    probability_fake: float
    file: bytes = field(repr=False)

    @property
    def thumbnail(self) -> Image.Image:
        """The face at its most suspicious moment."""
        return Image.open(io.BytesIO(self.file), formats=["WEBP"]).convert("RGB")

    @property
    def peak(self) -> Moment:
        """The most suspicious moment."""
        return max(self.moments, key=lambda moment: moment.probability_fake)

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "label": str(self.label),
            "probability_fake": self.probability_fake,
            "begin": round(self.moments[0].time, 3),
            "end": round(self.moments[-1].time, 3),
            "peak": round(self.peak.time, 3),
            "moments": [moment.to_dict() for moment in self.moments],
        }


@dataclass(frozen=True, slots=True)
class ClipVerdict:
    """What is said of a clip.

    Attributes:
        verdict: as for a picture; its faces are the tracks, boxed where they are most suspicious.
        tracks: in the order of the verdict's faces.
        duration: seconds, as far as the file could be read.
        frames: how many were judged.
        damage: what could not be read, in a line; None for a sound file.
    """

    verdict: Verdict
    tracks: tuple[Track, ...]
    duration: float
    frames: int
    damage: str | None

    def to_dict(self) -> dict[str, Any]:
        """The wire form: the verdict's, and `clip` with the timeline."""
        return {
            **self.verdict.to_dict(),
            "clip": {
                "duration": round(self.duration, 3),
                "frames": self.frames,
                "damage": self.damage,
                "tracks": [track.to_dict() for track in self.tracks],
            },
        }
