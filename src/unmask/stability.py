"""The stability probe: does a face's score survive the mild re-encodings every picture meets on its way?"""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from unmask.verdict import Label, Stability, Thresholds


def _jpeg(crop: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    crop.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def _shrink(crop: Image.Image, factor: float) -> Image.Image:
    size = max(1, round(crop.width * factor)), max(1, round(crop.height * factor))
    return crop.resize(size, Image.Resampling.BICUBIC)


def variants(crop: Image.Image) -> list[Image.Image]:
    """The face's surroundings after each mild re-encoding: JPEG quality 75, and three quarters of the size."""
    return [_jpeg(crop, 75), _shrink(crop, 0.75)]


def assess(probability: float, others: Sequence[float], thresholds: Thresholds) -> Stability:
    """Spread of the scores, and how many re-encodings turn the label of `probability` into its opposite.

    A label counts as turned when the score crosses the middle of the unsure band.
    """
    everything = (probability, *others)
    label = thresholds.label(probability)
    middle = (thresholds.real_below + thresholds.fake_above) / 2
    if label is Label.FAKE:
        flips = sum(other <= middle for other in others)
    elif label is Label.REAL:
        flips = sum(other >= middle for other in others)
    else:
        flips = 0
    return Stability(min(everything), max(everything), flips)


def settle(label: Label, stability: Stability | None) -> Label:
    """The label after the probe: one that does not survive it is `unsure`."""
    return Label.UNSURE if stability is not None and stability.flips else label
