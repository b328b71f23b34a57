"""Probabilities for another share of fakes."""

from __future__ import annotations

import pytest

from tests.test_headline import face, verdict
from unmask.errors import UsageError
from unmask.prevalence import check_prevalence, restate_probability, restate_verdict


@pytest.mark.parametrize(
    ("probability", "prevalence", "expected"),
    [(0.9, 0.5, 0.9), (0.5, 0.01, 0.01), (0.99, 0.01, 0.5), (0.9, 0.9, 0.9878), (0.1, 0.9, 0.5)],
)
def test_the_odds_are_multiplied_by_the_prior_odds(probability: float, prevalence: float, expected: float) -> None:
    assert restate_probability(probability, prevalence) == pytest.approx(expected, abs=1e-4)


def test_picture_and_faces_are_restated_and_labels_stay() -> None:
    made = verdict(face(0.99), face(0.5))
    assert restate_verdict(made, 0.01) == {
        "at_prevalence": {
            "prevalence": 0.01,
            "probability_fake": pytest.approx(0.5),
            "faces": [pytest.approx(0.5), pytest.approx(0.01)],
        }
    }
    assert restate_verdict(verdict(), 0.01)["at_prevalence"]["probability_fake"] is None


@pytest.mark.parametrize("wrong", [0.0, 1.0, -0.1, 1.5, float("nan")])
def test_a_prevalence_is_a_share(wrong: float) -> None:
    with pytest.raises(UsageError, match=r"is not between 0 and 1; give the share of fakes, such as 0\.01"):
        check_prevalence(wrong)
    assert check_prevalence(0.01) == 0.01
