"""Formats values for people."""

from __future__ import annotations

from unmask.verdict import display_probability


def format_probability(probability: float) -> str:
    """A probability as a percentage between 0.1% and 99.9%."""
    return f"{display_probability(probability):.1%}"
