"""The usual ranges of the signals in real photographs, measured by `research/studies/signal_reference.py`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class ReferenceRanges:
    """Usual ranges of the pixel signals in real photographs.

    Attributes:
        spectrum_low, spectrum_middle, spectrum_high: percentiles 1, 50 and 99 of the power in each ring, in decibels.
        outside: usual maximum of rings outside the band.
        peak: usual maximum height of a single frequency above its ring, in decibels.
        ela, noise: usual minimum and maximum of the log ratio, face over surroundings.
        recompression: evidence per block above which an earlier save is reported.
        made_with: settings of the measurement.
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
def reference_ranges() -> ReferenceRanges:
    """Loads the ranges that ship with unmask."""
    data = json.loads(files("unmask.signals").joinpath("reference.json").read_text("utf-8"))
    return ReferenceRanges(
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
