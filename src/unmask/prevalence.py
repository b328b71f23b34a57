"""Restates probabilities for the user's own share of fakes.

A model's probabilities assume that half of all pictures are fake (`PRIOR`). Where one picture in a hundred is fake, the
same evidence gives a lower probability: by Bayes' theorem the odds are multiplied by the ratio of the prior odds.
"""

from __future__ import annotations

from typing import Any

from unmask.errors import UsageError
from unmask.verdict import PRIOR, Verdict


def check_prevalence(prevalence: float) -> float:
    """The prevalence, if it lies between 0 and 1.

    Raises:
        UsageError: it does not.
    """
    if not 0 < prevalence < 1:
        raise UsageError(
            f"prevalence {prevalence:g} is not between 0 and 1; give the share of fakes, such as 0.01 for 1 in 100"
        )
    return prevalence


def restate_probability(probability_fake: float, prevalence: float) -> float:
    """The probability of fake if `prevalence` is the share of fakes among all pictures.

    Args:
        probability_fake: calibrated, in (0, 1), for a share of one half.
        prevalence: share of fakes, in (0, 1).
    """
    fake = probability_fake * prevalence / PRIOR
    real = (1 - probability_fake) * (1 - prevalence) / (1 - PRIOR)
    return fake / (fake + real)


def restate_verdict(verdict: Verdict, prevalence: float) -> dict[str, Any]:
    """The restated probabilities of a verdict, as an additional field of the wire form; labels do not change.

    Returns:
        `at_prevalence`: the prevalence, and the probability of the picture (None without a face) and of each face.
    """
    picture = verdict.probability_fake
    return {
        "at_prevalence": {
            "prevalence": prevalence,
            "probability_fake": None if picture is None else restate_probability(picture, prevalence),
            "faces": [restate_probability(face.probability_fake, prevalence) for face in verdict.faces],
        }
    }
