"""The face finder: searches a picture at two sizes, keeps the best box of each face, looks again where in doubt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.errors import BadModelFile
from unmask.faces.boxes import non_max_suppression
from unmask.faces.rescoring import rescore
from unmask.faces.search_scales import LARGE, SearchScale, plan
from unmask.images import Picture
from unmask.preprocessing import Box
from unmask.runtime import Session, open_session
from unmask.zoo import FACES

KEY = "unmask.faces"
"""Metadata key under which the model file describes itself (JSON)."""
MIN_IOU = 0.35
"""Two boxes with a larger intersection over union are the same face."""
SHARED = 0.6
"""So are two boxes when one shares more than this part of its area with a better one."""
CANDIDATE, SURE = 0.36, 0.72
"""What scores between these in the search is looked at again; its score is then the mean of both."""
USUAL, SLOPE, STEPS = 64.0, 0.06, (-1.0, 1.5)
"""The threshold holds for faces of `USUAL` pixels in the search. It falls by `SLOPE` with every doubling of the side
and rises with every halving, within `STEPS` of them: chance likenesses are small, a large face shows more of itself."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face in a picture.

    Attributes:
        box: `x, y, width, height` in pixels of the picture, inside the picture.
        score: how sure the finder is, 0 to 1; an expectation of how well the box fits, not a calibrated probability.
        landmarks: right eye, left eye, nose tip, right and left mouth corner in pixels (the person's right and left);
            points of a face that is cut by the border may lie outside.
    """

    box: Box
    score: float
    landmarks: tuple[Point, ...]


class FaceFinder:
    """Finds the faces of a picture. Thread-safe: it keeps no state between calls.

    Args:
        session: an opened model with input `pixels` and outputs `scores`, `boxes`, `landmarks`.

    Attributes:
        card: what the model file says of itself.
        threshold: score from which a box of usual size counts as a face.
        size: long side at which a picture is searched; more pixels than that bring nothing.

    Raises:
        BadModelFile: the model is no face finder.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.size = LARGE
        try:
            self.card: dict[str, Any] = json.loads(session.metadata[KEY])
            self.threshold = float(self.card["threshold"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadModelFile("not a face finder: the file does not describe itself as one") from error

    @classmethod
    def load(cls, threads: int | None = None) -> FaceFinder:
        """The finder that comes with unmask.

        Args:
            threads: CPU threads for one picture; None lets the engine choose.

        Raises:
            BadModelFile: the packaged file is missing or is not the one whose digest the zoo pins.
        """
        return cls(open_session(FACES.read(), threads=threads))

    def find(self, image: Image.Image) -> list[FoundFace]:
        """All faces of an upright RGB picture, largest first; an empty list when there is none."""
        found = [self._search(part) for part in plan(image)]
        corners, scores, landmarks = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        kept = non_max_suppression(corners, scores, MIN_IOU, SHARED)
        doubtful = kept[scores[kept] < SURE]
        scores[doubtful] = (scores[doubtful] + rescore(self._session, image, corners[doubtful])) / 2
        kept = kept[scores[kept] >= self._needed(corners[kept], max(image.size))]
        limits = np.array([*image.size, *image.size], np.float32)
        inside = np.clip(corners[kept], 0, limits)
        faces = [_face(*row) for row in zip(inside, scores[kept], landmarks[kept], strict=True)]
        return sorted((face for face in faces if _area(face) > 0), key=_area, reverse=True)

    def boxes(self, picture: Picture) -> tuple[Box, ...]:
        """The boxes of a picture's faces in pixels of the full-size upright picture, largest first.

        Raises:
            CorruptImage: the picture cannot be decoded.
        """
        extent = max(picture.width, picture.height)
        image = picture.rgb(self.size / extent)
        scale = extent / max(image.size)
        found = (face.box for face in self.find(image))
        return tuple((x * scale, y * scale, w * scale, h * scale) for x, y, w, h in found)

    def largest(self, picture: Picture) -> Box | None:
        """The box of a picture's largest face, as `boxes` gives it; None where there is no face.

        Raises:
            CorruptImage: the picture cannot be decoded.
        """
        return next(iter(self.boxes(picture)), None)

    def _needed(self, corners: NDArray[np.float32], extent: int) -> NDArray[np.float32]:
        """The score that boxes `[n, 4]` of a picture with the long side `extent` need to count as faces, `[n]`."""
        sides = np.sqrt(np.prod(corners[:, 2:] - corners[:, :2], axis=1)) * min(1.0, self.size / extent)
        steps = np.clip(np.log2(np.maximum(sides, 1.0) / USUAL), *STEPS)
        needed: NDArray[np.float32] = (self.threshold - SLOPE * steps).astype(np.float32)
        return needed

    def _search(self, part: SearchScale) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Corner boxes `[n, 4]`, scores `[n]` and landmarks `[n, 5, 2]` of one pass, in picture pixels."""
        raw = self._session.run(pixels=part.pixels)
        (likely,) = np.nonzero(raw["scores"][0] >= min(CANDIDATE, self.threshold))
        boxes = raw["boxes"][0, likely]
        sides = np.sqrt((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
        ours = (sides >= part.sides[0]) & (sides <= part.sides[1])
        corners = part.to_picture(boxes[ours].reshape(-1, 2, 2)).reshape(-1, 4)
        return corners, raw["scores"][0, likely][ours], part.to_picture(raw["landmarks"][0, likely][ours])


def _face(corners: Sequence[float], score: float, landmarks: NDArray[np.float32]) -> FoundFace:
    left, top, right, bottom = (float(value) for value in corners)
    points = tuple((float(x), float(y)) for x, y in landmarks)
    return FoundFace((left, top, right - left, bottom - top), float(score), points)


def _area(face: FoundFace) -> float:
    return face.box[2] * face.box[3]
