"""A scene in the making: pixels, faces, and who owns each pixel, so that covered faces are known to be covered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SMALLEST = 13.0
"""Faces with a side (square root of the area, pixels) below this are ignored, not learned."""
SEEN, GUESSED = 0.5, 0.12
"""A face is wanted when this share of its box is in view, and ignored down to the second share."""
SURE = 0.65
"""Teacher scores below this make a face ignored."""


class Canvas:
    """A square picture onto which views with faces are pasted, later ones covering earlier ones.

    Args:
        background: the RGB picture to start from; it must hold no face.
    """

    def __init__(self, background: Image.Image) -> None:
        self.image = background
        self._owner = np.zeros((background.height, background.width), np.int16)
        self._faces: list[NDArray[np.float32]] = []
        self._scores: list[NDArray[np.float32]] = []

    def paste(
        self,
        view: Image.Image,
        corner: tuple[int, int],
        faces: NDArray[np.float32],
        scores: NDArray[np.float32],
        mask: Image.Image | None = None,
    ) -> None:
        """Put a view at `corner` (left, top), through a grey `mask` if given.

        Args:
            view: RGB pixels.
            corner: where the view's upper left pixel goes; may lie outside.
            faces: faces of the view `[n, 14]` in its own pixels (corner box, landmarks).
            scores: the teacher's scores `[n]`.
            mask: how opaque each pixel of the view is.
        """
        self.image.paste(view, corner, mask)
        self._faces.append(faces + np.tile(np.array(corner, np.float32), 7))
        self._scores.append(scores)
        left, top = max(0, corner[0]), max(0, corner[1])
        area = self._owner[top : max(0, corner[1] + view.height), left : max(0, corner[0] + view.width)]
        if mask is None:
            area[:] = len(self._faces)
        else:
            shown = np.asarray(mask)[top - corner[1] :, left - corner[0] :][: area.shape[0], : area.shape[1]] > 127
            area[shown] = len(self._faces)

    def cover(self, view: Image.Image, corner: tuple[int, int], mask: Image.Image | None = None) -> None:
        """Put something without a face over the scene."""
        self.paste(view, corner, np.empty((0, 14), np.float32), np.empty(0, np.float32), mask)

    def labels(self) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The faces in view `[n, 14]`, and whether each is to be found (True) or to be ignored."""
        kept, wanted = [], []
        for owner, (faces, scores) in enumerate(zip(self._faces, self._scores, strict=True), 1):
            for face, score in zip(faces, scores, strict=True):
                share = self._visible(face, owner)
                if share >= GUESSED:
                    side = np.sqrt((face[2] - face[0]) * (face[3] - face[1]))
                    kept.append(face)
                    wanted.append(bool(share >= SEEN and score >= SURE and side >= SMALLEST))
        return np.array(kept, np.float32).reshape(-1, 14), np.array(wanted, bool)

    def _visible(self, face: NDArray[np.float32], owner: int) -> float:
        """The share of the box that its own view still shows."""
        left, top, right, bottom = np.rint(face[:4]).astype(int)
        area = max(1, (right - left) * (bottom - top))
        seen = self._owner[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] == owner
        return float(seen.sum() / area)
