"""The face detector: searches a picture at several scales, suppresses duplicate boxes, and rescores uncertain ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.errors import BadModelFile
from unmask.faces.boxes import non_max_suppression
from unmask.faces.rescoring import rescore
from unmask.faces.search_scales import SearchScale, make_search_scales
from unmask.faces.tiles import make_tiles
from unmask.images import Picture
from unmask.preprocessing import Box, search_scale
from unmask.runtime import Session, open_session
from unmask.zoo import FACES

KEY = "unmask.faces"
"""Metadata key of the model file's description (JSON)."""
MAX_IOU = 0.35
"""Two boxes with a larger intersection over union are duplicates."""
MAX_COVERED = 0.6
"""Two boxes are also duplicates if their intersection is a larger share of the smaller one."""
MIN_SCORE, SURE_SCORE = 0.36, 0.72
"""A box with a search score between these two is rescored; its score is then the mean of both."""
REFERENCE_SIDE, SLOPE, OCTAVES = 64.0, 0.06, (-1.0, 1.5)
"""The score threshold holds for boxes of `REFERENCE_SIDE` search pixels. It falls by `SLOPE` with every doubling of the
side and rises with every halving, limited to `OCTAVES` doublings: most false detections are small."""

Point = tuple[float, float]
Candidates = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""Corner boxes `[n, 4]`, scores `[n]` and landmarks `[n, 5, 2]` in picture pixels; sides `[n]` in search pixels."""


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face in a picture.

    Attributes:
        box: `x, y, width, height` in pixels of the picture, inside the picture.
        score: from 0 to 1; the expected IoU of the box with a face, not a calibrated probability.
        landmarks: right eye, left eye, nose tip, right and left mouth corner in pixels (the person's right and left);
            points of a face at the border may lie outside.
    """

    box: Box
    score: float
    landmarks: tuple[Point, ...]

    def scaled(self, factor: float) -> FoundFace:
        """The face in a picture that is `factor` times as large."""
        x, y, w, h = self.box
        landmarks = tuple((left * factor, top * factor) for left, top in self.landmarks)
        return replace(self, box=(x * factor, y * factor, w * factor, h * factor), landmarks=landmarks)


class FaceDetector:
    """Finds the faces of a picture. Thread-safe: it keeps no state between calls.

    Attributes:
        card: the description in the model file.
        threshold: score from which a box of `REFERENCE_SIDE` search pixels counts as a face.
    """

    def __init__(self, session: Session) -> None:
        """Wrap a loaded model.

        Args:
            session: a model with input `pixels` and outputs `scores`, `boxes`, `landmarks`.

        Raises:
            BadModelFile: the model is not a face detector.
        """
        self._session = session
        try:
            self.card: dict[str, Any] = json.loads(session.metadata[KEY])
            self.threshold = float(self.card["threshold"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadModelFile("not a face detector: the file has no description of one") from error

    @classmethod
    def load(cls, threads: int | None = None) -> FaceDetector:
        """Load the shipped face detector.

        Args:
            threads: CPU threads for one picture; None uses the engine's default.

        Raises:
            BadModelFile: the shipped file is missing or differs from the pinned digest.
        """
        return cls(open_session(FACES.read(), threads=threads))

    def find(self, image: Image.Image) -> list[FoundFace]:
        """All faces of an upright RGB picture, largest first."""
        return self._find(image, image.size)

    def _find(self, image: Image.Image, size: tuple[int, int]) -> list[FoundFace]:
        """All faces in pixels of `image`, which shows a picture of `size` pixels, perhaps at a reduced scale."""
        found = [self._search(scale) for scale in make_search_scales(image)]
        found += [self._search_tile(tile) for tile in make_tiles(image, size)]
        corners, scores, landmarks, sides = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        kept = non_max_suppression(corners, scores, MAX_IOU, MAX_COVERED)
        doubtful = kept[scores[kept] < SURE_SCORE]
        scores[doubtful] = (scores[doubtful] + rescore(self._session, image, corners[doubtful])) / 2
        kept = kept[scores[kept] >= self._thresholds(sides[kept])]
        limits = np.array([*image.size, *image.size], np.float32)
        inside = np.clip(corners[kept], 0, limits)
        faces = [_face(*row) for row in zip(inside, scores[kept], landmarks[kept], strict=True)]
        return sorted((face for face in faces if _area(face) > 0), key=_area, reverse=True)

    def find_faces(self, picture: Picture) -> tuple[FoundFace, ...]:
        """All faces in pixels of the full-size upright picture, largest first.

        Raises:
            CorruptImage: the picture cannot be decoded.
        """
        size = picture.width, picture.height
        image = picture.rgb(search_scale(*size))
        scale = max(size) / max(image.size)
        return tuple(face.scaled(scale) for face in self._find(image, size))

    def find_boxes(self, picture: Picture) -> tuple[Box, ...]:
        """The boxes of all faces in pixels of the full-size upright picture, largest first.

        Raises:
            CorruptImage: the picture cannot be decoded.
        """
        return tuple(face.box for face in self.find_faces(picture))

    def largest_box(self, picture: Picture) -> Box | None:
        """The box of the largest face as in `find_boxes`; None if there is no face.

        Raises:
            CorruptImage: the picture cannot be decoded.
        """
        return next(iter(self.find_boxes(picture)), None)

    def _thresholds(self, sides: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score thresholds `[n]` for boxes with the given sides in search pixels."""
        octaves = np.clip(np.log2(np.maximum(sides, 1.0) / REFERENCE_SIDE), *OCTAVES)
        thresholds: NDArray[np.float32] = (self.threshold - SLOPE * octaves).astype(np.float32)
        return thresholds

    def _search(self, scale: SearchScale) -> Candidates:
        """The boxes of one search that may be faces."""
        raw = self._session.run(pixels=scale.pixels)
        (likely,) = np.nonzero(raw["scores"][0] >= min(MIN_SCORE, self.threshold))
        boxes = raw["boxes"][0, likely]
        sides = np.sqrt((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
        in_range = (sides >= scale.sides[0]) & (sides <= scale.sides[1])
        corners = scale.to_picture(boxes[in_range].reshape(-1, 2, 2)).reshape(-1, 4)
        sides = np.sqrt(np.prod(corners[:, 2:] - corners[:, :2], axis=1)) * scale.threshold_scale
        landmarks = scale.to_picture(raw["landmarks"][0, likely][in_range])
        return corners, raw["scores"][0, likely][in_range], landmarks, sides

    def _search_tile(self, tile: SearchScale) -> Candidates:
        """The boxes of a tile that may be faces, without those of other tiles and without duplicates."""
        corners, scores, landmarks, sides = self._search(tile)
        (own,) = np.nonzero(tile.owns(corners))
        kept = own[non_max_suppression(corners[own], scores[own], MAX_IOU, MAX_COVERED)]
        return corners[kept], scores[kept], landmarks[kept], sides[kept]


def _face(corners: Sequence[float], score: float, landmarks: NDArray[np.float32]) -> FoundFace:
    left, top, right, bottom = (float(value) for value in corners)
    points = tuple((float(x), float(y)) for x, y in landmarks)
    return FoundFace((left, top, right - left, bottom - top), float(score), points)


def _area(face: FoundFace) -> float:
    return face.box[2] * face.box[3]
