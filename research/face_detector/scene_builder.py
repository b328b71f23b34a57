"""Pastes views onto a background and computes which share of each face stays visible."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MIN_SIDE = 13.0
"""Smaller faces (square root of the box area, pixels) are ignored in training."""
MIN_VISIBLE = 0.5
"""A face is a training target if at least this share of its box is visible."""
MIN_VISIBLE_IGNORED = 0.12
"""A face is ignored if at least this share of its box is visible, and dropped otherwise."""
MIN_REFERENCE_SCORE = 0.65
"""Faces with a lower score of the reference detector are ignored in training."""


class SceneBuilder:
    """A square image onto which views with faces are pasted; later views cover earlier ones.

    Args:
        background: an RGB image without faces.
    """

    def __init__(self, background: Image.Image) -> None:
        self.image = background
        self._layer_of = np.zeros((background.height, background.width), np.int16)
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
        """Paste a view.

        Args:
            view: RGB pixels.
            corner: position (left, top) of the view; may lie outside the image.
            faces: corner boxes and landmarks `[n, 14]` in pixels of the view.
            scores: scores of the reference detector `[n]`.
            mask: opacity of the view, as a gray image; None for an opaque view.
        """
        self.image.paste(view, corner, mask)
        self._faces.append(faces + np.tile(np.array(corner, np.float32), 7))
        self._scores.append(scores)
        left, top = max(0, corner[0]), max(0, corner[1])
        area = self._layer_of[top : max(0, corner[1] + view.height), left : max(0, corner[0] + view.width)]
        if mask is None:
            area[:] = len(self._faces)
        else:
            opaque = np.asarray(mask)[top - corner[1] :, left - corner[0] :][: area.shape[0], : area.shape[1]] > 127
            area[opaque] = len(self._faces)

    def cover(self, view: Image.Image, corner: tuple[int, int], mask: Image.Image | None = None) -> None:
        """Paste a view without faces."""
        self.paste(view, corner, np.empty((0, 14), np.float32), np.empty(0, np.float32), mask)

    def labels(self) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The visible faces `[n, 14]`, and whether each is a training target; the others are ignored."""
        visible, wanted = [], []
        for layer, (faces, scores) in enumerate(zip(self._faces, self._scores, strict=True), 1):
            for face, score in zip(faces, scores, strict=True):
                share = self._visible_share(face, layer)
                if share >= MIN_VISIBLE_IGNORED:
                    side = np.sqrt((face[2] - face[0]) * (face[3] - face[1]))
                    visible.append(face)
                    wanted.append(bool(share >= MIN_VISIBLE and score >= MIN_REFERENCE_SCORE and side >= MIN_SIDE))
        return np.array(visible, np.float32).reshape(-1, 14), np.array(wanted, bool)

    def _visible_share(self, face: NDArray[np.float32], layer: int) -> float:
        """Share of the face box that no later view covers."""
        left, top, right, bottom = np.rint(face[:4]).astype(int)
        area = max(1, (right - left) * (bottom - top))
        visible = self._layer_of[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] == layer
        return float(visible.sum() / area)
