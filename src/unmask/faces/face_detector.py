"""The shipped face detector: searches a picture at several scales and rescores uncertain boxes."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.errors import BadModelFile
from unmask.faces.base import BaseFaceDetector
from unmask.faces.candidates import find_candidates
from unmask.faces.face_check import FaceCheck
from unmask.faces.found_face import FoundFace, faces_inside
from unmask.faces.rescoring import rescore
from unmask.runtime import Session, open_session
from unmask.zoo import FACES

KEY = "unmask.faces"
"""Metadata key of the model file's description (JSON)."""
MIN_SCORE, SURE_SCORE = 0.36, 0.72
"""A box with a search score between these two is rescored; its score is then the mean of both."""
REFERENCE_SIDE, SLOPE, OCTAVES = 64.0, 0.06, (-1.0, 1.5)
"""The score threshold holds for boxes of `REFERENCE_SIDE` search pixels. It falls by `SLOPE` with every doubling of the
side and rises with every halving, limited to `OCTAVES` doublings: most false detections are small."""


class FaceDetector(BaseFaceDetector):
    """Finds the faces of a picture. Thread-safe: it keeps no state between calls.

    Attributes:
        card: the description in the model file.
        network: the loaded model.
        threshold: score from which a box of `REFERENCE_SIDE` search pixels counts as a face.
    """

    def __init__(self, session: Session, check: FaceCheck | None = None) -> None:
        """Wrap a loaded model.

        Args:
            session: a model with input `pixels` and outputs `scores`, `boxes`, `landmarks`.
            check: scores the found faces and drops those that are none; None keeps all.

        Raises:
            BadModelFile: the model is not a face detector.
        """
        self.network, self.check = session, check
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
        return cls(open_session(FACES.read(), threads=threads), FaceCheck.load(threads))

    def _find(self, image: Image.Image, size: tuple[int, int]) -> list[FoundFace]:
        found = find_candidates(self.network, image, size, min(MIN_SCORE, self.threshold))
        corners, scores, landmarks, sides = found
        doubtful = scores < SURE_SCORE
        scores[doubtful] = (scores[doubtful] + rescore(self.network, image, corners[doubtful])) / 2
        kept = scores >= self._thresholds(sides)
        return faces_inside(corners[kept], scores[kept], landmarks[kept], image.size)

    def _thresholds(self, sides: NDArray[np.float32]) -> NDArray[np.float32]:
        """Score thresholds `[n]` for boxes with the given sides in search pixels."""
        octaves = np.clip(np.log2(np.maximum(sides, 1.0) / REFERENCE_SIDE), *OCTAVES)
        thresholds: NDArray[np.float32] = (self.threshold - SLOPE * octaves).astype(np.float32)
        return thresholds
