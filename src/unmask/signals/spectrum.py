"""The spectrum signal: the power of the face's fine detail, compared with that of real photographs.

The upsampling layers of generators leave traces in the high frequencies: too much power, too little, or single
frequencies that stand out (Durall et al., "Watch your Up-Convolution", 2020; Frank et al., "Leveraging Frequency
Analysis", 2020).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.images import Picture
from unmask.preprocessing import Box, square_crop
from unmask.signals.reference import reference_ranges
from unmask.signals.signal import Severity, Signal

MIN_SIDE, MAX_SIDE = 96, 224
"""Smallest and largest side of the measured square, in pixels."""
MIN_CONTRAST = 1.0
"""Standard deviation of the luminance below which there is no detail to measure, in steps of 0 to 255."""
RINGS = 32
MARGIN = 1.3
"""Side of the measured square as a multiple of the face's longer side."""
ZERO_DB_RINGS = slice(2, 7)
"""The rings whose mean is 0 dB, so that brightness and contrast have no effect."""
MIN_PEAK_FREQUENCY = 0.08
"""Peaks are searched above this frequency, in cycles per pixel."""
LIMITS = (
    "Fine detail depends on camera, focus, scaling and compression as much as on forgery. Pictures of good generators "
    "lie inside the usual range, and some real photographs lie outside it."
)


@dataclass(frozen=True, slots=True)
class Spectrum:
    """The radial power spectrum of an image.

    Attributes:
        rings: mean power in rings of equal width up to half a cycle per pixel, in decibels, `[RINGS]`.
        peak: height of the strongest single frequency above its ring, in decibels.
        peak_at: horizontal and vertical frequency of that peak, in cycles per pixel.
    """

    rings: NDArray[np.float64]
    peak: float
    peak_at: tuple[float, float]


def measure_spectrum(image: Image.Image) -> Spectrum:
    """Measures the spectrum of a square image's luminance."""
    gray = np.asarray(image.convert("L"), dtype=np.float64)
    side = min(gray.shape)
    gray = gray[:side, :side]
    window = np.hanning(side)
    power = np.abs(np.fft.fft2((gray - gray.mean()) * window[:, None] * window[None, :])) ** 2 + 1e-3
    axis = np.asarray(np.fft.fftfreq(side), dtype=np.float64)
    radius = np.hypot(axis[:, None], axis[None, :])
    ring = np.minimum((radius / 0.5 * RINGS).astype(int), RINGS)
    sums, counts = (np.bincount(ring.ravel(), weights=each, minlength=RINGS + 1) for each in (power.ravel(), None))
    rings = 10 * np.log10(sums[:RINGS] / counts[:RINGS])
    excess = _smooth(power) / np.append(sums / counts, 1.0)[ring]
    excess[(radius < MIN_PEAK_FREQUENCY) | (ring == RINGS) | _near_axes(axis)] = 1e-9
    top = int(excess.argmax())
    place = float(axis[top % side]), abs(float(axis[top // side]))
    return Spectrum(rings - rings[ZERO_DB_RINGS].mean(), float(10 * np.log10(excess.flat[top])), place)


def _smooth(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Averages the power over 3 × 3 frequencies, the area over which the Hann window spreads a single tone."""
    rows = sum(np.roll(power, shift, 0) for shift in (-1, 0, 1))
    return np.asarray(sum(np.roll(rows, shift, 1) for shift in (-1, 0, 1)) / 9)


def _near_axes(axis: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mask of the frequencies near the axes, where eyes, horizons and JPEG blocks have power in any photograph."""
    near = np.abs(axis) < 2.5 / len(axis)
    return near[:, None] | near[None, :]


def center_crop(picture: Picture, box: Box | None) -> Image.Image:
    """Crops the center of a face's surroundings (or of the image), a square of at most `MAX_SIDE` unscaled pixels."""
    image = picture.rgb()
    area = box or (0.0, 0.0, float(image.width), float(image.height))
    x, y, side, _ = square_crop(area, image.width, image.height, MARGIN if box else 1.0)
    half = int(min(side, MAX_SIDE)) // 2
    left, top = round(x + side / 2) - half, round(y + side / 2) - half
    return image.crop((left, top, left + 2 * half, top + 2 * half))


def read_spectrum(picture: Picture, box: Box | None) -> Signal:
    """Compares the spectrum of the face (or of the image, where `box` is None) with that of real photographs."""
    crop = center_crop(picture, box)
    if crop.width < MIN_SIDE:
        area = "face" if box else "picture"
        reading = f"The {area} is too small: its spectrum needs {MIN_SIDE} pixels, and it has {crop.width}."
        return _signal("too_small", Severity.NONE, reading, {})
    if np.asarray(crop.convert("L")).std() < MIN_CONTRAST:
        return _signal("too_even", Severity.NONE, "There is no detail to measure: the surface is even.", {})
    found, usual = measure_spectrum(crop), reference_ranges()
    low, high = np.array(usual.spectrum_low), np.array(usual.spectrum_high)
    above, below = int((found.rings > high).sum()), int((found.rings < low).sum())
    details: dict[str, Any] = {
        "rings_db": np.round(found.rings, 3).tolist(),
        "rings_above": above,
        "rings_below": below,
        "peak_db": found.peak,
        "peak_at": list(found.peak_at),
        "pixels": crop.width,
    }
    unusual = list(_unusual(found, above, below))
    if unusual:
        return _signal("unusual", Severity.LOOK, " ".join(unusual), details)
    reading = "The power of the fine detail is in the usual range of real photographs."
    return _signal("usual", Severity.NONE, reading, details)


def _unusual(found: Spectrum, above: int, below: int) -> Iterator[str]:
    """Yields a sentence for each property outside the usual range.

    Args:
        found: the measured spectrum.
        above: number of rings with more power than the usual range.
        below: number of rings with less power than the usual range.
    """
    usual = reference_ranges()
    if above + below > usual.outside:
        side = "more" if above > below else "less"
        yield (
            f"{above + below} of {RINGS} frequency bands are outside the range of 98% of real photographs, "
            f"most of them with {side} power."
        )
    if found.peak > usual.peak:
        across, down = found.peak_at
        yield f"One frequency stands out by {found.peak:.0f} dB ({across:.3f}, {down:.3f} cycles per pixel)."


def _signal(state: str, severity: Severity, reading: str, details: dict[str, Any]) -> Signal:
    return Signal("spectrum", "Power spectrum", state, severity, reading, LIMITS, details)
