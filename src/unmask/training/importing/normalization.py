"""Normalization of input pixels: by name, or from a Hugging Face `preprocessor_config.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unmask.errors import UsageError

Triple = tuple[float, float, float]
"""One value for each of red, green and blue."""


@dataclass(frozen=True, slots=True)
class Normalization:
    """`(pixels · scale − mean) / std` for each color, for pixels in 0..255."""

    scale: float = 1.0
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)


NORMALIZATIONS: dict[str, Normalization] = {
    "raw": Normalization(),
    "unit": Normalization(1 / 255),
    "signed": Normalization(1 / 255, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "imagenet": Normalization(1 / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}
"""raw: 0..255 unchanged; unit: 0..1; signed: -1..1; imagenet: ImageNet mean and standard deviation."""


def normalization_by_name(name: str) -> Normalization:
    """The normalization of a name in `NORMALIZATIONS`.

    Raises:
        UsageError: the name is unknown.
    """
    if name not in NORMALIZATIONS:
        raise UsageError(f"no normalization {name!r}; use one of {', '.join(NORMALIZATIONS)}")
    return NORMALIZATIONS[name]


def normalization_from_config(config: Mapping[str, Any]) -> Normalization:
    """The normalization of a Hugging Face `preprocessor_config.json`."""
    scale = float(config.get("rescale_factor", 1 / 255)) if config.get("do_rescale", True) else 1.0
    if not config.get("do_normalize", True):
        return Normalization(scale)
    return Normalization(scale, _triple(config.get("image_mean", 0.0)), _triple(config.get("image_std", 1.0)))


def _triple(values: Any) -> Triple:
    """Three numbers from a list of three, a list of one, or a number."""
    numbers = list(values) if isinstance(values, list | tuple) else [values]
    red, green, blue = numbers * 3 if len(numbers) == 1 else numbers
    return float(red), float(green), float(blue)
