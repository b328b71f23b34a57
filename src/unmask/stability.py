"""The stability probe: does a face's score survive the mild re-encodings every picture meets on its way?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PIL import Image, ImageFilter

from unmask._encoding import reencode
from unmask.verdict import PRIOR, Label, Stability, Thresholds


def _shrunk(crop: Image.Image, factor: float) -> Image.Image:
    size = max(1, round(crop.width * factor)), max(1, round(crop.height * factor))
    return crop.resize(size, Image.Resampling.BICUBIC)


ENCODINGS: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "jpeg 90": lambda crop: reencode(crop, "JPEG", quality=90),
    "jpeg 75": lambda crop: reencode(crop, "JPEG", quality=75),
    "jpeg 60": lambda crop: reencode(crop, "JPEG", quality=60),
    "webp 75": lambda crop: reencode(crop, "WEBP", quality=75),
    "size 0.75": lambda crop: _shrunk(crop, 0.75),
    "size 0.5": lambda crop: _shrunk(crop, 0.5),
    "blur": lambda crop: crop.filter(ImageFilter.GaussianBlur(0.7)),
}
"""Every mild re-encoding the probe can use."""

DEFAULT = ("jpeg 75", "size 0.75")
"""The ones it does use; `research/studies/stability.py` measures what each set costs, catches and spoils."""


def variants(crop: Image.Image, names: Sequence[str] = DEFAULT) -> list[Image.Image]:
    """The face's surroundings after each of some re-encodings."""
    return [ENCODINGS[name](crop) for name in names]


def assess(probability: float, others: Sequence[float], thresholds: Thresholds) -> Stability:
    """Spread of the scores, and how many re-encodings turn the label of `probability` into its opposite.

    A label counts as turned when the score crosses the middle of the unsure band. That of a model that never says real
    begins at 0.5, the lowest probability it gives.
    """
    everything = (probability, *others)
    label = thresholds.label(probability)
    middle = ((thresholds.real_below if thresholds.allows_real else PRIOR) + thresholds.fake_above) / 2
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
