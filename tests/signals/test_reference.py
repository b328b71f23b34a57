"""The usual ranges that ship with unmask."""

from __future__ import annotations

from unmask.signals.reference import reference_ranges
from unmask.signals.spectrum import RINGS


def test_reference_ranges_are_complete() -> None:
    usual = reference_ranges()
    assert len(usual.spectrum_low) == len(usual.spectrum_high) == RINGS
    assert all(low < high for low, high in zip(usual.spectrum_low, usual.spectrum_high, strict=True))
    assert usual.ela[0] < 0 < usual.ela[1]
    assert usual.made_with["split"] == "train"
