"""What real photographs look like to the signals: figures measured by `research/studies/signal_reference.py`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Reference:
    """Bands and limits that all but a stated share of real photographs stay within.

    Attributes:
        spectrum_low, spectrum_middle, spectrum_high: percentiles 1, 50 and 99 of the power in each ring, in decibels.
        outside: more rings outside the band than this are unusual.
        peak: a single frequency further above its ring than this is unusual, in decibels.
        ela, noise: lowest and highest usual logarithm of face over surroundings.
        recompression: more evidence per block than this speaks for an earlier save.
        made_with: how the figures were measured.
    """

    spectrum_low: tuple[float, ...]
    spectrum_middle: tuple[float, ...]
    spectrum_high: tuple[float, ...]
    outside: int
    peak: float
    ela: tuple[float, float]
    noise: tuple[float, float]
    recompression: float
    made_with: dict[str, Any]


@cache
def reference() -> Reference:
    """The figures that ship with unmask."""
    data = json.loads(files("unmask.signals").joinpath("reference.json").read_text("utf-8"))
    return Reference(
        spectrum_low=tuple(data["spectrum_low"]),
        spectrum_middle=tuple(data["spectrum_middle"]),
        spectrum_high=tuple(data["spectrum_high"]),
        outside=int(data["outside"]),
        peak=float(data["peak"]),
        ela=(float(data["ela"][0]), float(data["ela"][1])),
        noise=(float(data["noise"][0]), float(data["noise"][1])),
        recompression=float(data["recompression"]),
        made_with=data["made_with"],
    )
