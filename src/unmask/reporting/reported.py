"""An evaluation that can show itself: the public `evaluate`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

from unmask.evaluation import Evaluation, run
from unmask.reporting.evaluation import evaluation_page

Given = ParamSpec("Given")


@dataclass(frozen=True)
class ReportedEvaluation(Evaluation):
    """What an evaluation found, and its page."""

    def to_html(self) -> str:
        """The page as one HTML document that loads nothing."""
        return evaluation_page(self)


def _reported(measure: Callable[Given, Evaluation]) -> Callable[Given, ReportedEvaluation]:
    """The same function; what it finds can show itself."""

    @wraps(measure, assigned=("__name__", "__qualname__", "__doc__"))
    def reported(*arguments: Given.args, **options: Given.kwargs) -> ReportedEvaluation:
        found = measure(*arguments, **options)
        return ReportedEvaluation(found.dataset, found.model, found.manner, found.tiers, found.robustness)

    return reported


evaluate = _reported(run.evaluate)
