"""The result for a clip: its verdict and its tracks, one for each face over time."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from unmask.verdict import Label, Verdict


@dataclass(frozen=True, slots=True)
class Moment:
    """A face in one frame.

    Attributes:
        time: seconds from the start of the clip.
        box: `x, y, width, height` in pixels of the upright frame.
        probability_fake: of the face in this frame, calibrated.
        detection_score: of the face in this frame; None if it was not searched for.
    """

    time: float
    box: tuple[int, int, int, int]
    probability_fake: float
    detection_score: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {"time": round(self.time, 3), "box": list(self.box), "probability_fake": self.probability_fake}


@dataclass(frozen=True, slots=True)
class Track:
    """One face over time.

    Attributes:
        moments: the face in each frame, in order of time.
        label, probability_fake: of the whole track.
        file: the face at its highest score, as a small WebP file.
    """

    moments: tuple[Moment, ...]
    label: Label
    probability_fake: float
    file: bytes = field(repr=False)

    @property
    def thumbnail(self) -> Image.Image:
        """The face at its highest score."""
        return Image.open(io.BytesIO(self.file), formats=["WEBP"]).convert("RGB")

    @property
    def peak(self) -> Moment:
        """The moment with the highest score."""
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
    """The result for one clip.

    Attributes:
        verdict: as for a picture. Its faces are the tracks; each box is that of the track's peak.
        tracks: in the order of the verdict's faces.
        duration: time of the last decoded frame in seconds.
        frames: number of judged frames.
        damage: one line on what could not be decoded; None for an undamaged file.
    """

    verdict: Verdict
    tracks: tuple[Track, ...]
    duration: float
    frames: int
    damage: str | None

    def to_dict(self) -> dict[str, Any]:
        """The wire form: the verdict's fields, and `clip` with the tracks."""
        return {
            **self.verdict.to_dict(),
            "clip": {
                "duration": round(self.duration, 3),
                "frames": self.frames,
                "damage": self.damage,
                "tracks": [track.to_dict() for track in self.tracks],
            },
        }
