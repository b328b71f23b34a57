"""Adds the headline, and the restated probabilities, to verdicts in responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unmask.detector import Detector
from unmask.headline import make_headline
from unmask.prevalence import restate_verdict
from unmask.verdict import Verdict


def with_headline(entry: Mapping[str, Any], detector: Detector, prevalence: float | None = None) -> dict[str, Any]:
    """An entry of a response with the headline of its verdict; entries without a verdict are not changed.

    Args:
        entry: a verdict or failure in the wire form, and any fields beside it.
        detector: the loaded model; the figures of its card are used only for its own verdicts.
        prevalence: the user's share of fakes; None adds no restated probabilities.
    """
    if "label" not in entry:
        return dict(entry)
    verdict = Verdict.from_dict(entry)
    card = detector.card if verdict.model.sha256 == detector.model.sha256 else None
    restated = {} if prevalence is None else restate_verdict(verdict, prevalence)
    return {**entry, "headline": make_headline(verdict, card).to_dict(), **restated}


def with_headlines(body: Mapping[str, Any], key: str, detector: Detector) -> dict[str, Any]:
    """A response whose list `body[key]` has headlines."""
    return {**body, key: [with_headline(entry, detector) for entry in body[key]]}
