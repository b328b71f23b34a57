"""The events of a watch, in their wire form."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from unmask.detector import Detector
from unmask.streams.buffer import Connected, Disconnected
from unmask.streams.source import StreamSource
from unmask.streams.tracker import StreamTrack, WindowVerdict
from unmask.verdict import Label
from unmask.webhooks import make_event

Event = dict[str, Any]
"""An event: `type`, `timestamp` and `data`."""


@dataclass(slots=True)
class StreamEvents:
    """Makes the events of one watch, and counts for its summary.

    Attributes:
        source: the source.
        detector: the detector that judges.
        connections: number of connections.
        frames: number of judged frames.
        tracks: number of ended tracks by the label of their peak.
    """

    source: StreamSource
    detector: Detector
    connections: int = 0
    frames: int = 0
    tracks: Counter[Label] = field(default_factory=Counter)

    def connected(self, notice: Connected) -> Event:
        """A connection was made."""
        self.connections += 1
        return self._event(
            "connected",
            format=notice.format,
            width=notice.width,
            height=notice.height,
            duration=notice.duration,
            connection=self.connections,
            model=self.detector.model.to_dict(),
            thresholds=self.detector.card.decision.thresholds.to_dict(),
        )

    def disconnected(self, notice: Disconnected) -> Event:
        """A connection was lost."""
        return self._event("disconnected", reason=notice.reason, attempt=notice.attempt, retry_in=notice.delay)

    def verdict(self, track: StreamTrack, previous: Label | None) -> Event:
        """The label of a track is known, or changed."""
        assert track.verdict is not None
        data = {**_verdict(track.verdict), "box": list(track.box), "frames": track.verdict.frames}
        if track.verdict.reason:
            data["reason"] = track.verdict.reason
        return self._event(
            "verdict",
            track=track.number,
            **data,
            begin=round(track.begin, 3),
            previous_label=None if previous is None else str(previous),
        )

    def track_ended(self, track: StreamTrack) -> Event:
        """A face left the picture."""
        assert track.verdict is not None
        assert track.peak is not None
        self.tracks[track.peak.label] += 1
        return self._event(
            "track_ended",
            track=track.number,
            **_verdict(track.verdict),
            begin=round(track.begin, 3),
            frames=track.frames,
            peak=_verdict(track.peak),
        )

    def summary(self, position: float, skipped: int, error: str | None) -> Event:
        """The end of the watch; `error` is the reason if the source was lost."""
        return self._event(
            "summary",
            position=round(position, 3),
            frames=self.frames,
            skipped_frames=skipped,
            connections=self.connections,
            tracks={str(label): self.tracks[label] for label in (Label.FAKE, Label.UNSURE, Label.REAL)},
            error=error,
        )

    def _event(self, kind: str, **data: Any) -> Event:
        return make_event(f"stream.{kind}", {"source": self.source.name, **data})


def _verdict(verdict: WindowVerdict) -> dict[str, Any]:
    return {
        "position": round(verdict.position, 3),
        "label": str(verdict.label),
        "probability_fake": verdict.probability_fake,
    }
