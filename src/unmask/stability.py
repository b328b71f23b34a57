"""The stability probe: how much mild re-encodings change the score of a face.

Images are re-encoded when they are shared. A label that such a re-encoding turns into its opposite becomes `unsure`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PIL import Image, ImageFilter

from unmask._encoding import reencode
from unmask.verdict import PRIOR, Label, Stability, Thresholds


def _downscale(crop: Image.Image, factor: float) -> Image.Image:
    size = max(1, round(crop.width * factor)), max(1, round(crop.height * factor))
    return crop.resize(size, Image.Resampling.BICUBIC)


ENCODINGS: Mapping[str, Callable[[Image.Image], Image.Image]] = {
    "jpeg 90": lambda crop: reencode(crop, "JPEG", quality=90),
    "jpeg 75": lambda crop: reencode(crop, "JPEG", quality=75),
    "jpeg 60": lambda crop: reencode(crop, "JPEG", quality=60),
    "webp 75": lambda crop: reencode(crop, "WEBP", quality=75),
    "size 0.75": lambda crop: _downscale(crop, 0.75),
    "size 0.5": lambda crop: _downscale(crop, 0.5),
    "blur": lambda crop: crop.filter(ImageFilter.GaussianBlur(0.7)),
}
"""All mild re-encodings by name."""

DEFAULT = ("jpeg 75", "size 0.75")
"""The re-encodings that the probe uses; `research/studies/stability.py` compares the alternatives."""


def reencodings(crop: Image.Image, names: Sequence[str] = DEFAULT) -> list[Image.Image]:
    """The crop after each of the named re-encodings."""
    return [ENCODINGS[name](crop) for name in names]


def measure_stability(probability: float, others: Sequence[float], thresholds: Thresholds) -> Stability:
    """Spread of the scores, and number of re-encodings that change the label to the opposite class.

    A label counts as changed if the score crosses the midpoint between the two thresholds. If the model never labels a
    face as real, 0.5 takes the place of the lower threshold; if it never labels one as fake, of the upper threshold.

    Args:
        probability: of fake, for the original crop.
        others: probabilities of its re-encodings.
        thresholds: those of the label.
    """
    scores = (probability, *others)
    label = thresholds.label(probability)
    low = thresholds.real_below if thresholds.allows_real else PRIOR
    high = thresholds.fake_above if thresholds.allows_fake else PRIOR
    midpoint = (low + high) / 2
    if label is Label.FAKE:
        flips = sum(other <= midpoint for other in others)
    elif label is Label.REAL:
        flips = sum(other >= midpoint for other in others)
    else:
        flips = 0
    return Stability(min(scores), max(scores), flips)


def stable_label(label: Label, stability: Stability | None) -> Label:
    """The label after the probe: `unsure` if any re-encoding changed it."""
    return Label.UNSURE if stability is not None and stability.flips else label
