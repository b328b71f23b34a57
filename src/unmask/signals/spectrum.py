"""The spectrum signal: does the face's fine detail have the power it has in real photographs?

Generators up-sample, and that shows in the high frequencies: too much power, too little, or single frequencies that
stand out (Durall et al., "Watch your Up-Convolution", 2020; Frank et al., "Leveraging Frequency Analysis", 2020).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.images import Picture
from unmask.preprocessing import Box, square_crop
from unmask.signals.reference import reference
from unmask.signals.signal import Notice, Signal

SMALLEST, SIDE = 96, 224
EVENEST = 1.0
"""Spread of the luminance below which there is no detail to measure, in steps of 0 to 255."""
RINGS = 32
AROUND = 1.3
"""Side of the square that is looked at, as a multiple of the face's longer side."""
ANCHOR = slice(2, 7)
"""The rings whose mean is taken as 0 dB, so that brightness and contrast do not count."""
LOWEST_PEAK = 0.08
"""Peaks are looked for above this frequency, in cycles per pixel."""
LIMITS = (
    "Fine detail depends on camera, focus, scaling and compression as much as on forgery; good generators stay inside "
    "the band, and real photographs leave it."
)


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Power by frequency.

    Attributes:
        rings: mean power in rings of equal width up to half a cycle per pixel, in decibels, `[RINGS]`.
        peak: how far the strongest single frequency stands above its ring, in decibels.
        peak_at: its place, cycles per pixel across and down.
    """

    rings: NDArray[np.float64]
    peak: float
    peak_at: tuple[float, float]


def measure_spectrum(image: Image.Image) -> Spectrum:
    """The spectrum of a square picture's luminance."""
    grey = np.asarray(image.convert("L"), dtype=np.float64)
    side = min(grey.shape)
    grey = grey[:side, :side]
    window = np.hanning(side)
    power = np.abs(np.fft.fft2((grey - grey.mean()) * window[:, None] * window[None, :])) ** 2 + 1e-3
    axis = np.asarray(np.fft.fftfreq(side), dtype=np.float64)
    radius = np.hypot(axis[:, None], axis[None, :])
    ring = np.minimum((radius / 0.5 * RINGS).astype(int), RINGS)
    sums, counts = (np.bincount(ring.ravel(), weights=each, minlength=RINGS + 1) for each in (power.ravel(), None))
    rings = 10 * np.log10(sums[:RINGS] / counts[:RINGS])
    excess = _smooth(power) / np.append(sums / counts, 1.0)[ring]
    excess[(radius < LOWEST_PEAK) | (ring == RINGS) | _on_jpeg_grid(axis)] = 1e-9
    top = int(excess.argmax())
    place = float(axis[top % side]), abs(float(axis[top // side]))
    return Spectrum(rings - rings[ANCHOR].mean(), float(10 * np.log10(excess.flat[top])), place)


def _smooth(power: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power averaged over three by three frequencies, which a window spreads every tone over anyway."""
    rows = sum(np.roll(power, shift, 0) for shift in (-1, 0, 1))
    return np.asarray(sum(np.roll(rows, shift, 1) for shift in (-1, 0, 1)) / 9)


def _on_jpeg_grid(axis: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Frequencies on the axes, where eyes, horizons and the blocks of a JPEG put power in any photograph."""
    near = np.abs(axis) < 2.5 / len(axis)
    return near[:, None] | near[None, :]


def middle_of(picture: Picture, box: Box | None) -> Image.Image:
    """The middle of a face's surroundings (or of the picture), a square of no more than `SIDE` pixels, never scaled."""
    image = picture.rgb()
    area = box or (0.0, 0.0, float(image.width), float(image.height))
    x, y, side, _ = square_crop(area, image.width, image.height, AROUND if box else 1.0)
    half = int(min(side, SIDE)) // 2
    left, top = round(x + side / 2) - half, round(y + side / 2) - half
    return image.crop((left, top, left + 2 * half, top + 2 * half))


def read_spectrum(picture: Picture, box: Box | None) -> Signal:
    """Compare the face's spectrum (or the picture's, where there is no face) with the band of real photographs."""
    crop = middle_of(picture, box)
    if crop.width < SMALLEST:
        reading = f"The face is too small for a spectrum ({crop.width} px; it takes {SMALLEST})."
        return _signal("too_small", Notice.NONE, reading, {})
    if np.asarray(crop.convert("L")).std() < EVENEST:
        return _signal("too_even", Notice.NONE, "There is no detail to measure: one even surface.", {})
    found, usual = measure_spectrum(crop), reference()
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
    state, sentences = "usual", []
    if above + below > usual.outside:
        state = "unusual"
        side_of = "more" if above > below else "less"
        sentences.append(
            f"{above + below} of {RINGS} frequency bands hold {side_of} power than in 98% of real photographs."
        )
    if found.peak > usual.peak:
        state = "unusual"
        across, down = found.peak_at
        sentences.append(
            f"One frequency stands out by {found.peak:.0f} dB ({across:.3f}, {down:.3f} cycles per pixel)."
        )
    if not sentences:
        sentences.append("The power of fine detail is within what real photographs have.")
    return _signal(state, Notice.LOOK if state == "unusual" else Notice.NONE, " ".join(sentences), details)


def _signal(state: str, notice: Notice, reading: str, details: dict[str, Any]) -> Signal:
    return Signal("spectrum", "Power spectrum", state, notice, reading, LIMITS, details)
