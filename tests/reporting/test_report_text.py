"""The sentences of a report."""

from __future__ import annotations

from dataclasses import replace

import pytest

from unmask.headline import make_headline
from unmask.reporting.report import Report
from unmask.reporting.report_text import key_facts, map_passed, meaning
from unmask.verdict import Label, Thresholds


def test_the_headline_names_the_label(report: Report) -> None:
    verdict = report.verdict
    sentence = report.headline.sentence
    assert verdict.label is Label.NO_FACE or f"{verdict.label}" in sentence
    assert "No face was found" in make_headline(verdict, report.card, whole_picture=True).sentence


def test_the_key_facts_are_signals_stability_and_the_test_of_the_map(report: Report) -> None:
    facts = key_facts(report)
    assert [name for name, _, _ in facts] == ["Signals to look at", "Under re-encoding", "Map of the evidence"]
    assert ("passed its test" in facts[2][1]) == map_passed(report)


@pytest.mark.parametrize(("score", "value"), [(0.97, "passed its test"), (0.85, "weak"), (0.5, "failed its test")])
def test_the_key_fact_about_the_map_agrees_with_its_reading(report: Report, score: float, value: str) -> None:
    deciding = report.deciding
    assert deciding.faithfulness
    tested = replace(deciding, faithfulness=replace(deciding.faithfulness, score=score))
    found = replace(report, explanation=replace(report.explanation, faces=(tested,)))
    assert key_facts(found)[2][1] == value


def test_the_base_rate_is_a_key_fact_if_it_is_given(report: Report) -> None:
    (name, value, more) = key_facts(replace(report, prevalence=0.5))[-1]
    assert (name, more) == ("At your base rate", "if 50% of all pictures are fake")
    assert value.endswith("% fake")
    assert replace(report, prevalence=0.5).to_dict()["at_prevalence"]["prevalence"] == 0.5
    assert "at_prevalence" not in report.to_dict()


@pytest.mark.parametrize(
    ("thresholds", "words"),
    [
        (Thresholds(0.1, 0.9), "above 90.0%, and real where it is below 10.0%. Between the thresholds"),
        (Thresholds(1e-12, 0.9), "never calls a face real"),
        (Thresholds(0.1, 1 - 1e-12), "never calls a face fake"),
        (Thresholds(1e-12, 1 - 1e-12), "never calls a face real or fake"),
    ],
)
def test_the_meaning_names_only_labels_that_the_model_gives(report: Report, thresholds: Thresholds, words: str) -> None:
    explanation = replace(report.explanation, verdict=replace(report.verdict, thresholds=thresholds))
    text = " ".join(meaning(replace(report, explanation=explanation)))
    assert words in text
    assert "0.0%" not in text.replace("10.0%", "").replace("90.0%", "")
