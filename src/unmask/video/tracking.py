"""Tracks faces from frame to frame by the overlap of their boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from unmask._encoding import encode_image
from unmask.faces.boxes import pairwise_iou, to_corners
from unmask.preprocessing import square_crop
from unmask.verdict import Face
from unmask.video.clip import Moment
from unmask.video.frames import Frame

MIN_IOU = 0.25
"""Intersection over union from which two boxes in consecutive frames show the same face."""
MAX_MISSED = 3
"""Consecutive frames without the face after which a track ends."""
THUMBNAIL_SIDE = 160
"""Side of a thumbnail in pixels."""
THUMBNAIL_MARGIN = 1.3
"""Side of the thumbnail's crop as a multiple of the face box's longer side."""


@dataclass(eq=False)
class OpenTrack:
    """A track that may still grow. `end` encodes its thumbnail to save memory.

    Attributes:
        moments: the face in each frame, in order of time.
        thumbnail: the face at its highest score; None before the first face and after `end`.
        file: the encoded thumbnail after `end`.
        missed: consecutive frames without the face.
    """

    moments: list[Moment] = field(default_factory=list)
    thumbnail: Image.Image | None = None
    file: bytes = b""
    missed: int = 0

    def add(self, frame: Frame, face: Face) -> None:
        """Append a face, and update the thumbnail if its score is the highest so far."""
        if self.thumbnail is None or face.probability_fake > max(each.probability_fake for each in self.moments):
            x, y, w, h = square_crop(face.box, *frame.image.size, THUMBNAIL_MARGIN)
            size = THUMBNAIL_SIDE, THUMBNAIL_SIDE
            self.thumbnail = frame.image.resize(size, Image.Resampling.BICUBIC, (x, y, x + w, y + h))
        self.moments.append(Moment(frame.time, face.box, face.probability_fake, face.detection_score))
        self.missed = 0

    def end(self) -> None:
        """Encode the thumbnail as a WebP file."""
        assert self.thumbnail is not None
        self.file, self.thumbnail = encode_image(self.thumbnail, "WEBP", quality=90), None


class Tracker:
    """Assigns each face to the track with the highest overlap, or starts a new track. A new scene ends all tracks."""

    def __init__(self) -> None:
        self._open: list[OpenTrack] = []
        self._ended: list[OpenTrack] = []

    def add(self, frame: Frame, faces: tuple[Face, ...]) -> None:
        """Add the faces of the next frame."""
        if frame.new_scene:
            self._end(self._open)
        matches = match_boxes([track.moments[-1].box for track in self._open], faces)
        for number, track in enumerate(self._open):
            if number in matches:
                track.add(frame, faces[matches[number]])
            else:
                track.missed += 1
        self._end([track for track in self._open if track.missed > MAX_MISSED])
        for number, face in enumerate(faces):
            if number not in matches.values():
                self._open.append(OpenTrack())
                self._open[-1].add(frame, face)

    def finish(self) -> list[OpenTrack]:
        """End and return all tracks; tracks of one frame are left out if any track has more than one."""
        self._end(self._open)
        return self._ended

    def _end(self, tracks: list[OpenTrack]) -> None:
        for track in tracks:
            track.end()
        self._ended += tracks
        self._open = [track for track in self._open if track not in tracks]
        if any(len(track.moments) > 1 for track in self._ended):
            self._ended = [track for track in self._ended if len(track.moments) > 1]


def match_boxes(last: Sequence[tuple[int, int, int, int]], faces: Sequence[Face]) -> dict[int, int]:
    """Number of a track to number of its face, assigned greedily from the highest overlap on.

    Args:
        last: box of each track in the frame before.
        faces: the faces of the next frame.
    """
    if not last or not faces:
        return {}
    shares = pairwise_iou(to_corners(last), to_corners([face.box for face in faces]))
    matches: dict[int, int] = {}
    for place in np.argsort(-shares, axis=None, kind="stable"):
        track, face = divmod(int(place), len(faces))
        if shares[track, face] >= MIN_IOU and track not in matches and face not in matches.values():
            matches[track] = face
    return matches
