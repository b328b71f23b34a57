"""Tracks faces through a stream without end. Only the sliding window of each open track is kept."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from unmask.card import ModelCard
from unmask.streams.config import StreamConfig
from unmask.verdict import Face, Label
from unmask.video.clip import Moment
from unmask.video.frames import Frame
from unmask.video.inference import judge_moments
from unmask.video.tracking import MAX_MISSED, match_boxes

MIN_FRAMES = 2
"""Frames from which a track is judged; a face of one frame is often none."""


@dataclass(frozen=True, slots=True)
class WindowVerdict:
    """The result for one track over its window.

    Attributes:
        position: of the last frame in seconds.
        label, probability_fake: of the window.
        reason: why the label is `unsure`, as for a picture; None if there is no such reason.
        frames: number of frames in the window.
    """

    position: float
    label: Label
    probability_fake: float
    reason: str | None
    frames: int


@dataclass(eq=False, slots=True)
class StreamTrack:
    """One face, from its first frame until it leaves the picture.

    Attributes:
        number: of the track, from 1 on.
        window: the latest frames.
        begin: position of the first frame in seconds.
        frames: number of frames in all.
        missed: consecutive frames without the face.
        verdict: of the current window; None before `MIN_FRAMES` frames.
        peak: the verdict with the highest probability so far.
        announced: label of the last change that was returned by `StreamTracker.add`.
    """

    number: int
    window: deque[Moment]
    begin: float
    frames: int = 0
    missed: int = 0
    verdict: WindowVerdict | None = None
    peak: WindowVerdict | None = None
    announced: Label | None = None

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The box in the last frame, `x, y, width, height` in pixels."""
        return self.window[-1].box

    def add(self, frame: Frame, face: Face, window: float) -> None:
        """Append a face, and drop what is older than the window."""
        self.window.append(Moment(frame.time, face.box, face.probability_fake, face.detection_score))
        while self.window[0].time <= frame.time - window:
            self.window.popleft()
        self.frames, self.missed = self.frames + 1, 0

    def judge(self, tracks: int, card: ModelCard) -> None:
        """Update the verdict; `tracks` is the number of tracks that are judged together."""
        face = judge_moments(tuple(self.window), tracks, card)
        self.verdict = WindowVerdict(
            self.window[-1].time, face.label, face.probability_fake, face.reason, len(self.window)
        )
        if self.peak is None or self.verdict.probability_fake > self.peak.probability_fake:
            self.peak = self.verdict


@dataclass(frozen=True, slots=True)
class TrackChanges:
    """What a frame changed.

    Attributes:
        changed: tracks with another label than before, each with the earlier label; None if there was none.
        ended: judged tracks whose face left the picture.
    """

    changed: list[tuple[StreamTrack, Label | None]] = field(default_factory=list)
    ended: list[StreamTrack] = field(default_factory=list)


class StreamTracker:
    """Assigns faces to tracks as `unmask.video.tracking` does for clips, and judges each track over its window.

    Attributes:
        open: the tracks whose face is in the picture, or was a few frames ago.
        numbered: number of judged tracks so far.
    """

    def __init__(self, config: StreamConfig, card: ModelCard) -> None:
        self.open: list[StreamTrack] = []
        self.numbered = 0
        self._config, self._card = config, card

    def add(self, frame: Frame, faces: tuple[Face, ...]) -> TrackChanges:
        """Add the faces of the next frame. A new scene ends all tracks."""
        changes = TrackChanges(ended=self.finish() if frame.new_scene else [])
        matches = match_boxes([track.box for track in self.open], faces)
        for number, track in enumerate(self.open):
            if number in matches:
                track.add(frame, faces[matches[number]], self._config.window)
            else:
                track.missed += 1
        changes.ended.extend(self._end([track for track in self.open if track.missed > MAX_MISSED]))
        for number, face in enumerate(faces):
            if number not in matches.values():
                track = StreamTrack(0, deque(maxlen=self._config.window_frames), frame.time)
                track.add(frame, face, self._config.window)
                self.open.append(track)
        self._judge(changes)
        return changes

    def finish(self) -> list[StreamTrack]:
        """End all tracks, and return the judged ones."""
        return self._end(self.open)

    def _judge(self, changes: TrackChanges) -> None:
        judged = [track for track in self.open if track.frames >= MIN_FRAMES]
        for track in judged:
            if track.missed:
                continue
            if not track.number:
                self.numbered += 1
                track.number = self.numbered
            track.judge(len(judged), self._card)
            if track.verdict and track.verdict.label is not track.announced:
                changes.changed.append((track, track.announced))
                track.announced = track.verdict.label

    def _end(self, tracks: list[StreamTrack]) -> list[StreamTrack]:
        self.open = [track for track in self.open if track not in tracks]
        return [track for track in tracks if track.number]
