"""Separates photographed faces from drawings and other objects with a small network, the face check."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.errors import BadModelFile
from unmask.faces.boxes import to_corners
from unmask.faces.crops import square_crops
from unmask.faces.found_face import FoundFace
from unmask.runtime import Session, open_session
from unmask.zoo import FACE_CHECK

KEY = "unmask.face_check"
"""Metadata key of the model file's description (JSON)."""
FACE, DRAWN, OBJECT = range(3)
"""Columns of the probabilities."""
DETECTION_WEIGHT, DETECTION_MIDDLE = 8.0, 0.6
"""The score of the search counts with this weight, relative to this value, beside the log-odds of the check."""
LEAST_CERTAIN = 0.61
"""A lower score of the search limits the score of the face: the check was trained on few patterns."""
REJECT = -1.0
"""A box with higher log-odds of being another object is no face. Chosen so that 0.6 % of faces are lost."""
OFFSET = -0.7
"""Added to the log-odds of a face, so that `doubtful.DOUBTFUL_SCORE` is the limit below which a face is doubtful."""
CROP_SIDE, CROP_FACTOR = 48, 1.9
"""Side of the network's input in pixels, and as a multiple of the longer side of the box."""


class FaceCheck:
    """Separates photographed faces from drawings and other objects. Thread-safe.

    Attributes:
        card: the description in the model file.
    """

    def __init__(self, session: Session) -> None:
        """Wrap a loaded model.

        Raises:
            BadModelFile: the model is not a face check.
        """
        self._session = session
        try:
            self.card: dict[str, Any] = json.loads(session.metadata[KEY])
        except (KeyError, TypeError, ValueError) as error:
            raise BadModelFile("not a face check: the file has no description of one") from error

    @classmethod
    def load(cls, threads: int | None = None) -> FaceCheck:
        """Load the shipped face check.

        Args:
            threads: CPU threads for one call; None uses the engine's default.

        Raises:
            BadModelFile: the shipped file is missing or differs from the pinned digest.
        """
        return cls(open_session(FACE_CHECK.read(), threads=threads))

    def probabilities(self, image: Image.Image, corners: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Probabilities `[n, 3]` that a box shows a photographed face, a drawn face, or another object.

        Args:
            image: the RGB image.
            corners: the boxes `[n, 4]` in pixels of the image.
        """
        if not len(corners):
            return np.empty((0, 3), np.float32)
        return self._session.run(pixels=square_crops(image, corners, CROP_FACTOR, CROP_SIDE))["probabilities"]

    def apply(self, image: Image.Image, faces: Sequence[FoundFace]) -> list[FoundFace]:
        """The faces that are not rejected, each with a score of how likely it is a photographed face.

        Args:
            image: the RGB image.
            faces: what a face detector found, in pixels of the image.
        """
        rows = self.probabilities(image, to_corners([face.box for face in faces]))
        logits = np.log(np.clip(rows, 1e-4, 1.0) / np.clip(1.0 - rows, 1e-4, 1.0))
        found = np.array([face.score for face in faces])
        certainty = DETECTION_WEIGHT * (found - DETECTION_MIDDLE)
        scores = 1 / (1 + np.exp(-(logits[:, FACE] + certainty + OFFSET)))
        scores = np.where(found < LEAST_CERTAIN, np.minimum(scores, found), scores)
        kept = logits[:, OBJECT] - certainty < REJECT
        judged = zip(faces, scores.tolist(), kept.tolist(), strict=True)
        return [replace(face, score=score) for face, score, keep in judged if keep]
