"""How a foreign network wants its pixels, from the words people use for it or the numbers a config file holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unmask.errors import UsageError

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Normalisation:
    """`(pixels · scale − mean) / deviation`, per colour, for pixels in 0..255."""

    scale: float = 1.0
    mean: Triple = (0.0, 0.0, 0.0)
    deviation: Triple = (1.0, 1.0, 1.0)


NORMALISATIONS: dict[str, Normalisation] = {
    "raw": Normalisation(),
    "unit": Normalisation(1 / 255),
    "signed": Normalisation(1 / 255, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "imagenet": Normalisation(1 / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}
"""raw: 0..255 as they are (the network scales them itself); unit: 0..1; signed: -1..1; imagenet: mean and deviation."""


def by_name(name: str) -> Normalisation:
    """The normalisation of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in NORMALISATIONS:
        raise UsageError(f"no normalisation {name!r}; one of {', '.join(NORMALISATIONS)}")
    return NORMALISATIONS[name]


def from_config(config: Mapping[str, Any]) -> Normalisation:
    """That of a Hugging Face `preprocessor_config.json`."""
    scale = float(config.get("rescale_factor", 1 / 255)) if config.get("do_rescale", True) else 1.0
    if not config.get("do_normalize", True):
        return Normalisation(scale)
    return Normalisation(scale, _triple(config.get("image_mean", 0.0)), _triple(config.get("image_std", 1.0)))


def _triple(values: Any) -> Triple:
    several = list(values) if isinstance(values, list | tuple) else [values]
    red, green, blue = several * 3 if len(several) == 1 else several
    return float(red), float(green), float(blue)
