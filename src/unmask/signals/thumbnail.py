"""Compares an image with its embedded EXIF thumbnail.

An editor that does not update the thumbnail leaves the earlier image in the file.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import ExifTags, Image

from unmask.image_formats import UPRIGHT
from unmask.images import Picture

SIDE = 48
"""Side in pixels at which the two images are compared."""
MIN_CORRELATION = 0.85
"""Correlation below which the thumbnail counts as another image."""
BAR_BRIGHTNESS = 12
"""Border rows and columns with at most this mean brightness are letterbox bars."""

_TURNS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)


def thumbnail_correlation(picture: Picture) -> float | None:
    """Correlation of the EXIF thumbnail with the image, -1 to 1; None where no thumbnail can be read.

    The best match counts over quarter turns of the thumbnail, with and without its letterbox bars.
    """
    thumbnail = _embedded_thumbnail(picture)
    if thumbnail is None:
        return None
    whole = picture.rgb(2 * SIDE / max(picture.width, picture.height)).convert("L")
    turned = [thumbnail, *(thumbnail.transpose(turn) for turn in _TURNS)]
    return max(_correlation(whole, each) for small in turned for each in (small, _without_bars(small)))


def _embedded_thumbnail(picture: Picture) -> Image.Image | None:
    """The EXIF thumbnail in grayscale, set upright by the image's orientation."""
    if picture.decodable is None:
        return None
    try:
        image = Image.open(io.BytesIO(picture.decodable))
        exif = image.getexif()
        place = exif.get_ifd(ExifTags.IFD.IFD1)
        start, length = int(place[0x0201]), int(place[0x0202])
        raw = image.info["exif"].removeprefix(b"Exif\0\0")
        with Image.open(io.BytesIO(raw[start : start + length]), formats=["JPEG"]) as thumbnail:
            turn = UPRIGHT.get(exif.get(ExifTags.Base.Orientation, 1))
            return thumbnail.convert("L") if turn is None else thumbnail.convert("L").transpose(turn)
    except Exception:  # the file has no thumbnail, or the thumbnail is damaged
        return None


def _without_bars(image: Image.Image) -> Image.Image:
    """Crops the dark letterbox bars off a thumbnail."""
    values = np.asarray(image, dtype=np.float32)
    rows, columns = (np.flatnonzero(values.mean(axis) > BAR_BRIGHTNESS) for axis in (1, 0))
    if not len(rows) or not len(columns):
        return image
    return image.crop((int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1))


def _correlation(first: Image.Image, second: Image.Image) -> float:
    a, b = (np.asarray(each.resize((SIDE, SIDE)), dtype=np.float64).ravel() for each in (first, second))
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale else float(not a.any() and not b.any())
