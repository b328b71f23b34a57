"""A perceptually uniform colormap for heat maps: dark violet over red to light yellow.

The colormap is an arc of hues in OKLab (Björn Ottosson, 2020), sampled at equal distances along the arc, so equal steps
of a value look equally large. Lightness rises along the arc, so the order of values survives grayscale printing and
color blindness.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

LEVELS = 256
_LIGHTNESS = (0.22, 0.93)
_HUE = (300.0, 465.0)
_CHROMA = 0.15

_LAB_TO_CONE = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_CONE_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def oklab_to_linear_rgb(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Converts OKLab `[…, 3]` to linear sRGB; out-of-gamut colors give values outside 0..1."""
    return np.asarray((lab @ _LAB_TO_CONE.T) ** 3 @ _CONE_TO_RGB.T)


@cache
def colormap() -> NDArray[np.uint8]:
    """The colors from the smallest value to the largest, `[LEVELS, 3]` in sRGB."""
    path = _arc(np.linspace(0.0, 1.0, 8 * LEVELS))
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    even = np.linspace(0.0, length[-1], LEVELS)
    lab = np.stack([np.interp(even, length, channel) for channel in path.T], -1)
    rgb = np.clip(oklab_to_linear_rgb(lab), 0.0, 1.0)
    encoded = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(encoded * 255), dtype=np.uint8)


def _arc(step: NDArray[np.float64]) -> NDArray[np.float64]:
    """OKLab colors `[N, 3]` for steps in 0..1: lightness rises linearly, chroma rises and falls."""
    hue = np.deg2rad(np.interp(step, (0, 1), _HUE))
    chroma = _CHROMA * np.sin(np.pi * (0.12 + 0.76 * step))
    return np.stack([np.interp(step, (0, 1), _LIGHTNESS), chroma * np.cos(hue), chroma * np.sin(hue)], -1)


def apply_colormap(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Colors `[h, w, 3]` of values `[h, w]`, which are clipped to 0..1."""
    index = np.rint(np.clip(values, 0.0, 1.0) * (LEVELS - 1)).astype(np.intp)
    return colormap()[index]
