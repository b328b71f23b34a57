"""Was a JPEG saved as JPEG before? Double quantisation leaves gaps and peaks in the histograms of its coefficients.

A coefficient that was rounded to multiples of one step and then of another takes some values too often and some
never (Popescu and Farid, "Statistical Tools for Digital Forensics", 2004). Here each possible first quality is held
against the histograms: how much likelier are they with it than without? The histogram without it is a Laplace
distribution (Lam and Goodman, 2000), whose scale is read off the coefficients themselves.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.signals.jpeg import ZIGZAG, table_at

MODES = 12
"""Coefficients looked at, from the lowest frequency up; the mean is left out."""
WIDEST = 40
"""Histograms reach from minus to plus this many steps."""
FIRST = range(35, 99)
"""First qualities that are tried."""
LARGEST = 1024
"""Only a square of this side is looked at, in pixels."""
JITTER = 1.2
"""Width of the uncertainty that rounding to pixels between the saves adds to a coefficient."""
FLOOR = 1e-3


@dataclass(frozen=True, slots=True)
class Earlier:
    """The likeliest earlier save.

    Attributes:
        quality: on the usual scale, with the standard tables.
        evidence: log-likelihood ratio per block against no earlier save.
        blocks: how many blocks it rests on.
    """

    quality: int
    evidence: float
    blocks: int


def find_earlier(data: bytes, table: tuple[int, ...]) -> Earlier | None:
    """The likeliest earlier save of a JPEG whose luminance table is `table`; None where there are too few blocks."""
    histograms = _histograms(_luminance(data), np.array(table, float))
    blocks = int(histograms[0].sum()) if histograms.size else 0
    if blocks < 256:
        return None
    steps = np.array(table)[list(ZIGZAG[1 : MODES + 1])]
    scores = {quality: _evidence(histograms, steps, quality) / blocks for quality in FIRST}
    best = max(scores, key=lambda quality: scores[quality])
    return Earlier(best, scores[best], blocks)


def _luminance(data: bytes) -> NDArray[np.float64]:
    """The luminance as it is stored, cut to whole blocks, from the middle of the picture."""
    image = Image.open(io.BytesIO(data))
    image.draft("L", image.size)
    grey = image.convert("L")
    sides = [min(side, LARGEST) // 8 * 8 for side in grey.size]
    left, top = ((whole - side) // 16 * 8 for whole, side in zip(grey.size, sides, strict=True))
    return np.asarray(grey.crop((left, top, left + sides[0], top + sides[1])), dtype=np.float64) - 128.0


def _dct() -> NDArray[np.float64]:
    """The orthonormal DCT of eight samples as a matrix."""
    k, n = np.mgrid[0:8, 0:8]
    return np.asarray(np.where(k == 0, np.sqrt(1 / 8), 0.5) * np.cos(np.pi * (2 * n + 1) * k / 16))


def _histograms(grey: NDArray[np.float64], table: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often each low-frequency coefficient takes each multiple of its step: `[MODES, 2 · WIDEST + 1]`."""
    height, width = grey.shape
    matrix = _dct()
    blocks = grey.reshape(height // 8, 8, width // 8, 8).swapaxes(1, 2).reshape(-1, 8, 8)
    coefficients = (matrix @ blocks @ matrix.T).reshape(-1, 64)[:, list(ZIGZAG[1 : MODES + 1])]
    levels = np.rint(coefficients / table[list(ZIGZAG[1 : MODES + 1])]).clip(-WIDEST, WIDEST).astype(int) + WIDEST
    return np.stack([np.bincount(mode, minlength=2 * WIDEST + 1) for mode in levels.T]).astype(float)


def _evidence(histograms: NDArray[np.float64], steps: NDArray[np.int64], quality: int) -> float:
    """The log-likelihood ratio of an earlier save at `quality`, summed over the coefficients it can show in."""
    earlier = table_at("standard", quality)[list(ZIGZAG[1 : MODES + 1])]
    pairs = zip(histograms, steps, earlier, strict=True)
    return sum(_ratio(counts, float(step), float(first)) for counts, step, first in pairs if step != first)


def _ratio(counts: NDArray[np.float64], step: float, first: float) -> float:
    levels = np.arange(-WIDEST, WIDEST + 1, dtype=np.float64)
    scale = max(0.3 * step, float((counts * np.abs(levels)).sum() / counts.sum()) * step)
    once = _laplace(levels * step, step, scale)
    reach = int(WIDEST * step / first) + 1
    inner = np.arange(-reach, reach + 1, dtype=np.float64)
    spread = _share(levels[:, None] * step - inner[None, :] * first, step)
    twice = spread @ _laplace(inner * first, first, scale)
    inside = slice(1, -1)
    once, twice, seen = once[inside] + FLOOR / 80, twice[inside] + FLOOR / 80, counts[inside]
    return float((seen * (np.log(twice / twice.sum()) - np.log(once / once.sum()))).sum())


def _laplace(centres: NDArray[np.float64], width: float, scale: float) -> NDArray[np.float64]:
    """The mass of a Laplace distribution in bins around `centres`."""

    def below(x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(x < 0, 0.5 * np.exp(np.minimum(x, 0) / scale), 1 - 0.5 * np.exp(-np.maximum(x, 0) / scale))

    return np.asarray(below(centres + width / 2) - below(centres - width / 2))


def _share(distance: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """How much of a value blurred by `JITTER` falls into a bin of `width` whose centre is `distance` away."""
    upper = np.clip((distance + width / 2) / JITTER + 0.5, 0, 1)
    return np.asarray(upper - np.clip((distance - width / 2) / JITTER + 0.5, 0, 1))
