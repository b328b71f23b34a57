"""The words of a verdict, for every label and reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from unmask.card import DecisionRule, ModelCard
from unmask.headline import Headline, HeadlineCode, format_probability, make_headline
from unmask.headline_text import next_steps
from unmask.verdict import DOUBTFUL_FACE, Face, Label, ModelReference, Stability, Thresholds, Verdict

USUAL = Thresholds(0.1, 0.945)
CARD = ModelCard("test", "1", decision=DecisionRule(USUAL, false_positive_rate=0.01))


def face(probability: float, label: Label | None = None, **more: object) -> Face:
    made = Face((10, 10, 50, 50), label or USUAL.label(probability), probability)
    return replace(made, **more)  # type: ignore[arg-type]


def verdict(*faces: Face, thresholds: Thresholds = USUAL) -> Verdict:
    return Verdict.from_faces(
        faces,
        thresholds,
        ModelReference("test", "1", "0" * 64),
        path="photo.jpg",
        sha256="1" * 64,
        size=(100, 100),
        format="JPEG",
        seconds=0.01,
    )


def headline(*faces: Face, thresholds: Thresholds = USUAL) -> Headline:
    return make_headline(verdict(*faces, thresholds=thresholds), CARD)


@pytest.mark.parametrize(
    ("given", "code", "title", "words"),
    [
        (face(0.981), "fake", "Fake", "98.1% fake"),
        (face(0.02), "real", "Real", "no trace of a known fake"),
        (face(0.907), "leans_fake", "Unsure", "leans fake: 90.7%, fake from 94.5%"),
        (face(0.31), "leans_real", "Unsure", "leans real: 31.0% fake, real below 10.0%"),
        (
            face(0.97, Label.UNSURE, stability=Stability(0.2, 0.97, 1)),
            "unstable",
            "Unsure",
            "re-encoding changes the label: 20.0% to 97.0% fake",
        ),
        (
            face(0.97, Label.UNSURE, reason=DOUBTFUL_FACE, detection_score=0.6),
            "doubtful_face",
            "Unsure",
            "perhaps not a face",
        ),
    ],
)
def test_each_kind_of_verdict_has_its_words(given: Face, code: str, title: str, words: str) -> None:
    made = headline(given)
    assert (made.code, made.title, made.detail) == (code, title, words)


def test_a_picture_without_a_face_has_no_score() -> None:
    made = headline()
    assert (made.code, made.title, made.detail) == ("no_face", "No face", "no face was found")
    assert (made.probability_fake, made.position, made.face_positions) == (None, None, ())
    assert "not found" in made.caution


def test_real_is_not_a_percentage_and_names_what_was_not_looked_for() -> None:
    made = headline(face(0.009))
    assert "%" not in made.title + made.detail + made.sentence
    assert made.caution == "Not looked for: retouching, composites, fakes by unknown generators."
    assert made.not_searched == ("retouching", "composites", "fakes by unknown generators")


@pytest.mark.parametrize(
    ("missed", "words"),
    [
        ({"swaps": 0.481}, "Of fakes of a kind that was left out of training (swaps), 48% look like this."),
        (
            {"swaps": 0.48, "portraits": 0.12, "composites": 0.2},
            "Of fakes of unknown kinds, 12% (portraits) to 48% (swaps) look like this.",
        ),
    ],
)
def test_the_figure_for_unknown_kinds_comes_from_the_card(missed: dict[str, float], words: str) -> None:
    card = replace(CARD, metrics={"unseen_miss_rate": missed})
    made = make_headline(verdict(face(0.02)), card)
    assert made.caution.endswith(words)
    assert made.unseen_miss_rate == missed
    assert make_headline(verdict(face(0.99)), card).unseen_miss_rate == {}


def test_a_fake_verdict_states_how_many_real_faces_score_as_high() -> None:
    assert headline(face(0.99)).caution.startswith("1.0% of real faces score this high")
    assert make_headline(verdict(face(0.99))).caution.startswith("Some real faces")


def test_an_unsure_score_leans_and_has_a_distance_to_both_thresholds() -> None:
    made = headline(face(0.907))
    assert made.leaning is Label.FAKE
    assert made.to_fake == pytest.approx(0.038)
    assert made.to_real == pytest.approx(0.807)
    assert headline(face(0.99)).leaning is None


def test_a_model_that_never_gives_real_gives_no_distance_to_real() -> None:
    never = Thresholds(1e-12, 0.945)
    made = headline(face(0.5, Label.UNSURE), thresholds=never)
    assert made.code == "no_trace"
    assert made.detail == "no trace of a known fake (model never gives real)"
    assert (made.to_real, made.caution[:14]) == (None, "Not looked for")
    assert headline(face(0.8, Label.UNSURE), thresholds=never).code == "leans_fake"


def test_a_model_that_gives_neither_label() -> None:
    neither = Thresholds(1e-12, 1 - 1e-12)
    low = headline(face(0.3, Label.UNSURE), thresholds=neither)
    high = headline(face(0.8, Label.UNSURE), thresholds=neither)
    assert low.detail == "leans real: 30.0% fake, this model never gives real"
    assert high.detail == "leans fake: 80.0%, this model never gives fake"
    assert (high.to_fake, high.to_real) == (None, None)


def test_the_face_that_decides_the_label_decides_the_words() -> None:
    doubtful = face(0.99, Label.UNSURE, reason=DOUBTFUL_FACE, detection_score=0.5)
    made = headline(face(0.02), doubtful, face(0.8), face(0.7))
    assert made.detail == "leans fake: 80.0%, fake from 94.5%"
    assert made.sentence.startswith("The most suspicious of the 4 faces")
    assert len(made.face_positions) == 4


def test_several_real_faces_are_each_judged_real() -> None:
    assert headline(face(0.02), face(0.03)).sentence == (
        "Each of the 2 faces in this picture is judged real: it shows no trace of a known fake."
    )


def test_the_wire_form_has_the_same_fields_for_every_verdict() -> None:
    made = [headline(), headline(face(0.99)), headline(face(0.5))]
    assert len({tuple(each.to_dict()) for each in made}) == 1
    assert made[2].to_dict()["scale"]["position"] == pytest.approx(made[2].position, abs=1e-4)


@pytest.mark.parametrize(("value", "text"), [(0.0, "0.1%"), (1.0, "99.9%"), (0.5, "50.0%")])
def test_probabilities_are_shown_within_limits(value: float, text: str) -> None:
    assert format_probability(value) == text


@pytest.mark.parametrize("code", list(HeadlineCode))
def test_every_headline_has_three_next_steps(code: HeadlineCode) -> None:
    assert len(next_steps(code)) == 3
