"""The boxes of a picture that may be faces: one network runs at all scales and in all tiles."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.faces.boxes import non_max_suppression
from unmask.faces.search_scales import SearchScale, make_search_scales
from unmask.faces.tiles import make_tiles

MAX_IOU = 0.35
"""Two boxes with a larger intersection over union are duplicates."""
MAX_COVERED = 0.6
"""Two boxes are also duplicates if their intersection is a larger share of the smaller one."""

Candidates = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""Corner boxes `[n, 4]`, scores `[n]` and landmarks `[n, 5, 2]` in picture pixels; sides `[n]` in search pixels."""


class FaceNetwork(Protocol):
    """A network that finds faces."""

    def run(self, **inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """Run on `pixels`, uint8 `[1, H, W, 3]`.

        Returns:
            `scores` `[1, n]`, corner `boxes` `[1, n, 4]` and `landmarks` `[1, n, 5, 2]` in pixels of the input.
        """
        ...


def find_candidates(network: FaceNetwork, image: Image.Image, size: tuple[int, int], min_score: float) -> Candidates:
    """The boxes of a picture that may be faces, without duplicates, highest score first.

    Args:
        network: the network.
        image: RGB pixels of the picture, perhaps at a reduced scale; the result is in pixels of it.
        size: width and height of the picture at full size.
        min_score: boxes with a lower score are dropped.
    """
    found = [_search(network, scale, min_score) for scale in make_search_scales(image)]
    found += [_search_tile(network, tile, min_score) for tile in make_tiles(image, size)]
    corners, scores, landmarks, sides = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
    kept = non_max_suppression(corners, scores, MAX_IOU, MAX_COVERED)
    return corners[kept], scores[kept], landmarks[kept], sides[kept]


def _search(network: FaceNetwork, scale: SearchScale, min_score: float) -> Candidates:
    """The boxes of one search that may be faces."""
    raw = network.run(pixels=scale.pixels)
    (likely,) = np.nonzero(raw["scores"][0] >= min_score)
    boxes = raw["boxes"][0, likely]
    sides = np.sqrt((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
    in_range = (sides >= scale.sides[0]) & (sides <= scale.sides[1])
    corners = scale.to_picture(boxes[in_range].reshape(-1, 2, 2)).reshape(-1, 4)
    sides = np.sqrt(np.prod(corners[:, 2:] - corners[:, :2], axis=1)) * scale.threshold_scale
    landmarks = scale.to_picture(raw["landmarks"][0, likely][in_range])
    return corners, raw["scores"][0, likely][in_range], landmarks, sides


def _search_tile(network: FaceNetwork, tile: SearchScale, min_score: float) -> Candidates:
    """The boxes of a tile that may be faces, without those of other tiles and without duplicates."""
    corners, scores, landmarks, sides = _search(network, tile, min_score)
    (own,) = np.nonzero(tile.owns(corners))
    kept = own[non_max_suppression(corners[own], scores[own], MAX_IOU, MAX_COVERED)]
    return corners[kept], scores[kept], landmarks[kept], sides[kept]
