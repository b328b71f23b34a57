from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from unmask import ModelCard, Thresholds
from unmask.card import Calibration, DecisionRule, sigmoid
from unmask.errors import BadModelFile
from unmask.preprocessing import Preprocessing

CARD = ModelCard(
    name="a",
    version="1.2",
    summary="for tests",
    preprocessing=Preprocessing(128, 1.5, "lanczos"),
    calibration=Calibration(0.7, -0.2),
    decision=DecisionRule(Thresholds(0.2, 0.9), 0.01, 0.05, 0.8),
    training_data={"sources": {"x": 3}},
    limits=("none known",),
)


def test_a_card_round_trips_through_json() -> None:
    assert ModelCard.from_json(CARD.to_json()) == CARD


@pytest.mark.parametrize("field", ["name", "version", "classes", "preparation", "calibration", "thresholds"])
def test_a_missing_field_is_named(field: str) -> None:
    data = CARD.to_dict()
    del data[field]
    with pytest.raises(BadModelFile, match=field):
        ModelCard.from_dict(data)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("classes", ["fake", "real"]),
        ("classes", ["real"]),
        ("thresholds", {"real_below": 0.9, "fake_above": 0.2}),
        ("thresholds", {"real_below": "low", "fake_above": 0.2}),
        ("calibration", {"slope": -1.0, "intercept": 0.0}),
        ("preparation", {"size": 224, "margin": 1.3, "resample": "magic"}),
        ("preparation", {"size": -1, "margin": 1.3, "resample": "bicubic"}),
        ("preparation", None),
    ],
)
def test_invalid_values_are_rejected(field: str, value: Any) -> None:
    with pytest.raises(BadModelFile):
        ModelCard.from_dict({**CARD.to_dict(), field: value})


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"card"', json.dumps({"name": "a"})])
def test_invalid_text_is_rejected(text: str) -> None:
    with pytest.raises(BadModelFile):
        ModelCard.from_json(text)


def test_probabilities_increase_with_the_logit_and_stay_inside_the_unit_interval() -> None:
    scores = [CARD.calibration.probability(logit) for logit in (-1e9, -5, 0, 5, 1e9)]
    assert scores == sorted(scores)
    assert 0 < scores[0] < 1e-6
    assert 1 - 1e-6 < scores[-1] < 1


def test_the_floor_is_the_lowest_probability_and_must_be_below_the_threshold() -> None:
    calibration = Calibration(0.7, -0.2, floor=0.5)
    assert [calibration.probability(logit) for logit in (-9, 0, 9)] == [0.5, 0.5, Calibration(0.7, -0.2).probability(9)]
    assert ModelCard.from_dict(replace(CARD, calibration=calibration).to_dict()).calibration == calibration
    with pytest.raises(BadModelFile, match="floor"):
        replace(CARD, calibration=replace(calibration, floor=0.99)).validate()


def test_the_false_positive_rate_of_a_picture_does_not_depend_on_its_number_of_faces() -> None:
    """The logits of real faces get an exponential tail, as the correction assumes."""
    rng = np.random.default_rng(3)
    tail, rate = 0.8, 0.01
    rule = DecisionRule(Thresholds(0.2, 0.9), rate, 0.05, tail)
    above = np.log(0.9 / 0.1)
    for count in (1, 3, 10, 40):
        logits = above + tail * (np.log(rate) + rng.exponential(1.0, (40_000, count)))
        highest = [rule.correct(sigmoid(float(value)), count) for value in logits.max(axis=1)]
        assert np.mean(np.array(highest) > 0.9) == pytest.approx(rate, rel=0.25)


def test_the_correction_for_the_number_of_faces_keeps_the_order_and_the_label_real() -> None:
    rule = DecisionRule(Thresholds(0.2, 0.9), 0.01, 0.05, 0.8)
    probabilities = [0.01, 0.19, 0.3, 0.6, 0.89, 0.95, 0.99, 0.999]
    corrected = [rule.correct(each, 5) for each in probabilities]
    assert corrected == sorted(corrected)
    assert corrected[:2] == probabilities[:2]
    assert all(after < before for before, after in zip(probabilities[2:], corrected[2:], strict=True))
    assert [rule.correct(each, 1) for each in probabilities] == probabilities


def test_the_correction_keeps_the_floor_of_a_model_that_never_answers_real() -> None:
    assert DecisionRule(Thresholds(1e-9, 0.9), 0.01, 0.0, 0.8).correct(0.5, 9) == 0.5


def test_sigmoid() -> None:
    assert sigmoid(0.0) == 0.5
    assert sigmoid(2.0) == pytest.approx(0.8807970779778823)
