"""A second look at what may be a face: mirrored, near and from afar, so that a chance likeness fades."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from unmask.faces.boxes import pairwise_iou
from unmask.faces.search_scales import GREY
from unmask.runtime import Session

SIDE = 128
"""Side of a view in pixels."""
CONTEXTS = 1.6, 3.0
"""Side of what each view shows, as a multiple of the box's longer side; a face is 80 pixels large in one, 43 in one."""
SAME = 0.4
"""A box of the view with this intersection over union or more is the candidate."""


def rescore(session: Session, image: Image.Image, corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """The lowest of the network's scores for each candidate in views of its own, `[n]`; 0 where it sees nothing there.

    Args:
        session: the face finder's model.
        image: the RGB picture.
        corners: boxes of the candidates `[n, 4]` in pixels of the picture.
    """
    if not len(corners):
        return np.zeros(0, np.float32)
    near, far = (_look(session, image, corners, context) for context in CONTEXTS)
    return np.minimum(near, far)


def _look(session: Session, image: Image.Image, corners: NDArray[np.float32], context: float) -> NDArray[np.float32]:
    """Scores in views `context` times as large as each candidate."""
    middles = (corners[:, :2] + corners[:, 2:]) / 2
    extents = context * (corners[:, 2:] - corners[:, :2]).max(axis=1)
    places = zip(middles.tolist(), extents.tolist(), strict=True)
    views = [_view(image, x, y, extent) for (x, y), extent in places]
    raw = session.run(pixels=np.stack(views))
    half = (corners[:, 2:] - corners[:, :2]) / extents[:, None] * SIDE / 2
    wanted = np.concatenate([SIDE / 2 - half, SIDE / 2 + half], 1)
    scores = np.zeros(len(corners), np.float32)
    for index, (found, boxes) in enumerate(zip(raw["scores"], raw["boxes"], strict=True)):
        scores[index] = found[pairwise_iou(boxes, wanted[index : index + 1])[:, 0] >= SAME].max(initial=0.0)
    return scores


def _view(image: Image.Image, x: float, y: float, extent: float) -> NDArray[np.uint8]:
    """The mirrored square of side `extent` around a point, `[SIDE, SIDE, 3]`, grey beyond the picture's border."""
    left, top = x - extent / 2, y - extent / 2
    box = max(0.0, left), max(0.0, top), min(float(image.width), left + extent), min(float(image.height), top + extent)
    scale = SIDE / extent
    size = max(1, round((box[2] - box[0]) * scale)), max(1, round((box[3] - box[1]) * scale))
    view = Image.new("RGB", (SIDE, SIDE), (GREY, GREY, GREY))
    part = image.resize(size, Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)
    view.paste(part, (round((box[0] - left) * scale), round((box[1] - top) * scale)))
    return np.asarray(ImageOps.mirror(view))
