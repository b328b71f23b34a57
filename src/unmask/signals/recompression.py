"""Detects double JPEG compression from the histograms of the DCT coefficients.

A coefficient that was quantized with one step and then with another takes some values too often and some never
(Popescu and Farid, "Statistical Tools for Digital Forensics", 2004). For each possible first quality, this module
computes the log-likelihood ratio of the histograms with and without that earlier save. The model without it is a
Laplace distribution (Lam and Goodman, 2000) whose scale is estimated from the coefficients.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.signals.jpeg import ZIGZAG, table_at

MODES = 12
"""Number of AC coefficients used, from the lowest frequency up."""
MAX_LEVEL = 40
"""Histograms range from minus to plus this many quantization steps."""
FIRST_QUALITIES = range(35, 99)
"""Candidate qualities of the earlier save."""
MAX_SIDE = 1024
"""Side in pixels of the square that is measured, from the center of the image."""
JITTER = 1.2
"""Width of the error that rounding to pixel values between the two saves adds to a coefficient."""
FLOOR = 1e-3
"""Probability mass spread over all levels, so that no likelihood is zero."""


@dataclass(frozen=True, slots=True)
class EarlierSave:
    """The most likely earlier compression of a double-compressed JPEG.

    Attributes:
        quality: quality setting of the earlier save, with the standard tables.
        evidence: log-likelihood ratio per block against no earlier save.
        blocks: number of 8 × 8 blocks measured.
    """

    quality: int
    evidence: float
    blocks: int


def find_earlier_save(data: bytes, table: tuple[int, ...]) -> EarlierSave | None:
    """Finds the most likely earlier save of a JPEG with luminance table `table`; None where it has too few blocks."""
    if min(table) < 1:  # the standard allows no step of zero, and decoders accept it
        return None
    histograms = _histograms(_luminance(data), np.array(table, float))
    blocks = int(histograms[0].sum()) if histograms.size else 0
    if blocks < 256:
        return None
    steps = np.array(table)[list(ZIGZAG[1 : MODES + 1])]
    scores = {quality: _evidence(histograms, steps, quality) / blocks for quality in FIRST_QUALITIES}
    best = max(scores, key=lambda quality: scores[quality])
    return EarlierSave(best, scores[best], blocks)


def _luminance(data: bytes) -> NDArray[np.float64]:
    """Decodes the luminance and crops whole blocks from the center of the image."""
    image = Image.open(io.BytesIO(data))
    image.draft("L", image.size)
    gray = image.convert("L")
    sides = [min(side, MAX_SIDE) // 8 * 8 for side in gray.size]
    left, top = ((whole - side) // 16 * 8 for whole, side in zip(gray.size, sides, strict=True))
    return np.asarray(gray.crop((left, top, left + sides[0], top + sides[1])), dtype=np.float64) - 128.0


def _dct_matrix() -> NDArray[np.float64]:
    """The orthonormal DCT matrix of eight samples."""
    k, n = np.mgrid[0:8, 0:8]
    return np.asarray(np.where(k == 0, np.sqrt(1 / 8), 0.5) * np.cos(np.pi * (2 * n + 1) * k / 16))


def _histograms(gray: NDArray[np.float64], table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Histograms of the quantized low-frequency coefficients, `[MODES, 2 · MAX_LEVEL + 1]`."""
    height, width = gray.shape
    matrix = _dct_matrix()
    blocks = gray.reshape(height // 8, 8, width // 8, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    coefficients = (matrix @ blocks @ matrix.T).reshape(-1, 64)[:, list(ZIGZAG[1 : MODES + 1])]
    levels = (
        np.rint(coefficients / table[list(ZIGZAG[1 : MODES + 1])]).clip(-MAX_LEVEL, MAX_LEVEL).astype(int) + MAX_LEVEL
    )
    return np.stack([np.bincount(mode, minlength=2 * MAX_LEVEL + 1) for mode in levels.T]).astype(float)


def _evidence(histograms: NDArray[np.float64], steps: NDArray[np.int64], quality: int) -> float:
    """Log-likelihood ratio of double compression, first at `quality`, summed over coefficients whose step differs."""
    earlier = table_at("standard", quality)[list(ZIGZAG[1 : MODES + 1])]
    pairs = zip(histograms, steps, earlier, strict=True)
    return sum(_log_ratio(counts, float(step), float(first)) for counts, step, first in pairs if step != first)


def _log_ratio(counts: NDArray[np.float64], step: float, first: float) -> float:
    """Log-likelihood ratio of double compression (step `first`, then `step`) against single compression (`step`)."""
    levels = np.arange(-MAX_LEVEL, MAX_LEVEL + 1, dtype=np.float64)
    scale = max(0.3 * step, float((counts * np.abs(levels)).sum() / counts.sum()) * step)
    once = _laplace(levels * step, step, scale)
    reach = int(MAX_LEVEL * step / first) + 1
    inner = np.arange(-reach, reach + 1, dtype=np.float64)
    spread = _overlap(levels[:, None] * step - inner[None, :] * first, step)
    twice = spread @ _laplace(inner * first, first, scale)
    inside = slice(1, -1)
    once, twice, seen = once[inside] + FLOOR / 80, twice[inside] + FLOOR / 80, counts[inside]
    return float((seen * (np.log(twice / twice.sum()) - np.log(once / once.sum()))).sum())


def _laplace(centers: NDArray[np.float64], width: float, scale: float) -> NDArray[np.float64]:
    """Mass of a Laplace distribution in bins around `centers`."""

    def cdf(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(x < 0, 0.5 * np.exp(np.minimum(x, 0) / scale), 1 - 0.5 * np.exp(-np.maximum(x, 0) / scale))

    return np.asarray(cdf(centers + width / 2) - cdf(centers - width / 2))


def _overlap(distance: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Share of a value with uniform error `JITTER` that falls into a bin of `width`, `distance` from its center."""
    upper = np.clip((distance + width / 2) / JITTER + 0.5, 0, 1)
    return np.asarray(upper - np.clip((distance - width / 2) / JITTER + 0.5, 0, 1))
