"""Attributes of a face measured from its pixels and five landmarks, for `research.studies.fairness`.

None of them identifies a person or a group of people. Apparent skin tone depends on the light as well as on the skin,
so `fairness` also prints how well each measure agrees with itself.
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
"""Distance of the nose tip of a typical adult from the plane of the eyes, in half distances between the eyes."""
LIT = 65.0
"""Lightness that the brightest parts of any face (sclera, teeth, highlights) reach in sufficient light."""
HUES = (25.0, 90.0)
"""CIELAB hue angles of cheeks in white light, degrees; K. Xiao et al., Skin Research and Technology 23, 2017, found
means of 40 to 70 for all groups of people. Colored light and black-and-white images lie outside."""
FAINT = 4.0
"""Chroma below which the hue is not reliable."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FaceAttributes:
    """Measured attributes of a face.

    Attributes:
        tone: individual typology angle of both cheeks together, degrees; larger is lighter. NaN if the light is
            too dim or colored, or if the image is black and white.
        cheeks: the same angle of the right and of the left cheek.
        brightness: median CIELAB lightness of the face box, 0 to 100.
        yaw: head rotation to either side, degrees, unsigned.
        sharpness: variance of the Laplacian of the gray face at 128 pixels (J. Pech-Pacheco et al., ICPR 2000).
        side: longer side of the face box, pixels.
    """

    tone: float
    cheeks: tuple[float, float]
    brightness: float
    yaw: float
    sharpness: float
    side: float


def measure_face(image: Image.Image, face: FoundFace) -> FaceAttributes:
    """Measure one face of an upright RGB image."""
    x, y, w, h = face.box
    box = image.crop((int(x), int(y), max(int(x) + 2, int(x + w)), max(int(y) + 2, int(y + h))))
    lightness = rgb2lab(np.asarray(box))[..., 0]
    right, left = (cheek(image, face, side) for side in (0, 1))
    lit = float(np.percentile(lightness, 98)) >= LIT
    tones = [typology_angle(part) if lit else math.nan for part in (np.concatenate([right, left]), right, left)]
    return FaceAttributes(
        tones[0], (tones[1], tones[2]), float(np.median(lightness)), yaw(face), sharpness(box), max(w, h)
    )


def cheek(image: Image.Image, face: FoundFace, side: int) -> Array:
    """CIELAB colors `[n, 3]` of a square halfway between an eye and the mouth corner below it.

    Args:
        image: upright RGB.
        face: the face and its landmarks.
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


def typology_angle(colors: Array) -> float:
    """Individual typology angle of CIELAB colors `[n, 3]`, from their medians, degrees.

    NaN for an empty array and for colors that skin does not have in white light.
    """
    if not len(colors):
        return math.nan
    lightness, red, yellow = np.median(colors, axis=0)
    hue = math.degrees(math.atan2(yellow, red))
    if math.hypot(red, yellow) < FAINT or not HUES[0] <= hue <= HUES[1]:
        return math.nan
    return math.degrees(math.atan2(lightness - 50.0, yellow))


def tone_class(angle: float) -> str:
    """Name of the skin tone class of an individual typology angle in degrees."""
    return next(name for name, least in reversed(TONES.items()) if angle > least or name == "dark")


def yaw(face: FoundFace) -> float:
    """Head rotation in degrees, from the position of the nose tip between the eyes in weak perspective.

    After A. Gee and R. Cipolla, "Determining the gaze of faces in images", Image and Vision Computing 12, 1994. The
    length of the nose is that of a typical adult.
    """
    right, left, nose = (np.array(point) for point in face.landmarks[:3])
    across = left - right
    length = float(np.hypot(*across))
    if length < 1e-6:
        return 90.0
    aside = float((nose - (right + left) / 2) @ across) / length
    return math.degrees(math.atan(abs(aside) / (length / 2) / NOSE))


def sharpness(box: Image.Image) -> float:
    """Variance of the Laplacian of the gray face, scaled to 128 pixels so that faces of all sizes are comparable."""
    gray = np.asarray(box.convert("L").resize((128, 128), Image.Resampling.BICUBIC), np.float64)
    inner = gray[1:-1, 1:-1]
    laplacian = gray[:-2, 1:-1] + gray[2:, 1:-1] + gray[1:-1, :-2] + gray[1:-1, 2:] - 4 * inner
    return float(laplacian.var())
