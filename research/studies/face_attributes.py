"""What can be measured of a face's looks without knowing the person: for `research/studies/fairness.py`.

All from pixels and the face finder's five landmarks. None says who somebody is or belongs to; apparent skin tone is
light as much as skin, which is why `fairness.py` prints how far each measure can be trusted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.color import rgb2lab

from unmask.faces import FoundFace

TONES = {"dark": -90.0, "brown": -30.0, "tan": 10.0, "intermediate": 28.0, "light": 41.0, "very light": 55.0}
"""Lowest individual typology angle of each class in degrees (A. Chardon et al., Int. J. Cosmetic Science 13, 1991)."""
PATCH = 0.22
"""Half the side of a cheek patch, as a share of the distance between the eyes."""
NOSE = 0.85
"""How far a nose tip stands out of the plane of the eyes, in half distances between them: a typical adult's."""
LIT = 65.0
"""Lightness that something in a face reaches in fair light, whatever the skin: eye-whites, teeth, highlights."""
HUES = (25.0, 90.0)
"""CIELAB hue angles of cheeks in white light, degrees; K. Xiao et al., Skin Research and Technology 23, 2017, found
means of 40 to 70 for all groups of people. Outside lie coloured light and black-and-white pictures."""
FAINT = 4.0
"""Chroma below which a hue means nothing."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Looks:
    """A face's measures.

    Attributes:
        tone: individual typology angle of both cheeks together, degrees; larger is lighter. NaN where the light
            does not let it be told: dim, coloured, black and white.
        cheeks: the same of the right and of the left cheek.
        brightness: median CIELAB lightness of the face box, 0 to 100.
        yaw: how far the head is turned to a side, degrees, without sign.
        sharpness: variance of the Laplacian of the grey face at 128 pixels (J. Pech-Pacheco et al., ICPR 2000).
        side: longer side of the face box, pixels.
    """

    tone: float
    cheeks: tuple[float, float]
    brightness: float
    yaw: float
    sharpness: float
    side: float


def looks(image: Image.Image, face: FoundFace) -> Looks:
    """Measure one face of an upright RGB picture."""
    x, y, w, h = face.box
    box = image.crop((int(x), int(y), max(int(x) + 2, int(x + w)), max(int(y) + 2, int(y + h))))
    lightness = rgb2lab(np.asarray(box))[..., 0]
    right, left = (cheek(image, face, side) for side in (0, 1))
    lit = float(np.percentile(lightness, 98)) >= LIT
    tones = [typology_angle(part) if lit else math.nan for part in (np.concatenate([right, left]), right, left)]
    return Looks(tones[0], (tones[1], tones[2]), float(np.median(lightness)), yaw(face), sharpness(box), max(w, h))


def cheek(image: Image.Image, face: FoundFace, side: int) -> Array:
    """The CIELAB colours `[n, 3]` of a square half-way between an eye and the mouth corner below it.

    Args:
        image: upright RGB.
        face: with its landmarks.
        side: 0 for the person's right cheek, 1 for the left one.
    """
    points = np.array(face.landmarks)
    middle = (points[side] + points[3 + side]) / 2
    half = max(1.5, PATCH * float(np.hypot(*(points[1] - points[0]))))
    low = np.maximum(np.floor(middle - half), 0).astype(int)
    high = np.minimum(np.ceil(middle + half), image.size).astype(int)
    if (high - low < 2).any():
        return np.empty((0, 3))
    pixels = np.asarray(image.crop((low[0], low[1], high[0], high[1])))
    return np.asarray(rgb2lab(pixels), np.float64).reshape(-1, 3)


def typology_angle(colours: Array) -> float:
    """The individual typology angle of CIELAB colours `[n, 3]`, from their medians, degrees.

    NaN of none, and of colours that skin does not have in white light.
    """
    if not len(colours):
        return math.nan
    lightness, red, yellow = np.median(colours, axis=0)
    hue = math.degrees(math.atan2(yellow, red))
    if math.hypot(red, yellow) < FAINT or not HUES[0] <= hue <= HUES[1]:
        return math.nan
    return math.degrees(math.atan2(lightness - 50.0, yellow))


def tone_class(angle: float) -> str:
    """The class of an individual typology angle in degrees."""
    return next(name for name, least in reversed(TONES.items()) if angle > least or name == "dark")


def yaw(face: FoundFace) -> float:
    """How far a head is turned, degrees: from where the nose tip stands between the eyes, in weak perspective.

    After A. Gee and R. Cipolla, "Determining the gaze of faces in images", Image and Vision Computing 12, 1994, with
    the typical nose for everybody's.
    """
    right, left, nose = (np.array(point) for point in face.landmarks[:3])
    across = left - right
    length = float(np.hypot(*across))
    if length < 1e-6:
        return 90.0
    aside = float((nose - (right + left) / 2) @ across) / length
    return math.degrees(math.atan(abs(aside) / (length / 2) / NOSE))


def sharpness(box: Image.Image) -> float:
    """Variance of the Laplacian of a face's grey values, at 128 pixels so that faces of any size compare."""
    grey = np.asarray(box.convert("L").resize((128, 128), Image.Resampling.BICUBIC), np.float64)
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    return float(laplacian.var())
