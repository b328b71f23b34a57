"""The crop around a face, and the box filter."""

from __future__ import annotations

import numpy as np
from PIL import Image

from unmask import open_image
from unmask.signals.face_area import box_filter, crop_face_area


def test_face_area_stays_inside_the_picture(natural: Image.Image) -> None:
    area = crop_face_area(open_image(natural), (480.0, 480.0, 30.0, 30.0))
    x, y, w, h = area.region
    assert (w, h) == area.image.size
    assert x + w <= 512
    assert y + h <= 512
    assert area.face is not None


def test_box_filter_keeps_constants_and_spreads_points() -> None:
    assert np.allclose(box_filter(np.full((5, 9), 3.0), 2), 3)
    point = np.zeros((11, 11))
    point[5, 5] = 25
    assert np.allclose(box_filter(point, 2)[3:8, 3:8], 1)
