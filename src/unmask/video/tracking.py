"""Faces followed from frame to frame, by where they are."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

from PIL import Image

from unmask.preprocessing import square_crop
from unmask.verdict import Face
from unmask.video.clip import Box, Moment
from unmask.video.frames import Frame

MIN_IOU = 0.25
"""Intersection over union from which two boxes in consecutive frames are one face."""
LOST = 3
"""Frames a face may be away before its track ends."""
SIDE = 160
"""Side of a thumbnail in pixels."""


@dataclass(eq=False)
class OpenTrack:
    """A track that is still growing; once it has ended, its thumbnail is only kept as a file in memory."""

    moments: list[Moment] = field(default_factory=list)
    thumbnail: Image.Image | None = None
    file: bytes = b""
    missed: int = 0

    def add(self, frame: Frame, face: Face) -> None:
        """Go on with a face; its most suspicious moment keeps a thumbnail."""
        if self.thumbnail is None or face.probability_fake > max(each.probability_fake for each in self.moments):
            x, y, w, h = square_crop(face.box, *frame.image.size, 1.3)
            self.thumbnail = frame.image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, (x, y, x + w, y + h))
        self.moments.append(Moment(frame.time, face.box, face.probability_fake))
        self.missed = 0

    def end(self) -> None:
        """Nothing is added any more."""
        assert self.thumbnail is not None
        buffer = io.BytesIO()
        self.thumbnail.save(buffer, "WEBP", quality=90)
        self.file, self.thumbnail = buffer.getvalue(), None


class Tracker:
    """Puts each face to the track it overlaps most, or begins a new one; a new scene ends all."""

    def __init__(self) -> None:
        self._open: list[OpenTrack] = []
        self._ended: list[OpenTrack] = []

    def add(self, frame: Frame, faces: tuple[Face, ...]) -> None:
        """Take in the faces of the next frame."""
        if frame.cut:
            self._end(self._open)
        pairs = ((overlap(track.moments[-1].box, face.box), track, face) for track in self._open for face in faces)
        met: list[OpenTrack] = []
        placed: list[Face] = []
        for shared, track, face in sorted(pairs, key=lambda pair: -pair[0]):
            if shared >= MIN_IOU and track not in met and not any(face is each for each in placed):
                track.add(frame, face)
                met.append(track)
                placed.append(face)
        for track in self._open:
            track.missed += track not in met
        self._end([track for track in self._open if track.missed > LOST])
        for face in faces:
            if not any(face is each for each in placed):
                self._open.append(OpenTrack())
                self._open[-1].add(frame, face)

    def finish(self) -> list[OpenTrack]:
        """All tracks. Faces met in a single frame are left out where others were met more often."""
        self._end(self._open)
        return self._ended

    def _end(self, tracks: list[OpenTrack]) -> None:
        for track in tracks:
            track.end()
        self._ended += tracks
        self._open = [track for track in self._open if track not in tracks]
        if any(len(track.moments) > 1 for track in self._ended):
            self._ended = [track for track in self._ended if len(track.moments) > 1]


def overlap(one: Box, two: Box) -> float:
    """Intersection over union of two boxes."""
    x = max(one[0], two[0]), min(one[0] + one[2], two[0] + two[2])
    y = max(one[1], two[1]), min(one[1] + one[3], two[1] + two[3])
    shared = max(0, x[1] - x[0]) * max(0, y[1] - y[0])
    return shared / max(1, one[2] * one[3] + two[2] * two[3] - shared)
