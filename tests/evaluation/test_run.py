from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from tests.evaluation.conftest import StubbornJudge
from unmask.datasets import Dataset, LabeledImage, stratified_sample
from unmask.errors import BadModelFile, DatasetError, UsageError
from unmask.evaluation import PredictOptions, compare, evaluate, select_split
from unmask.evaluation.card_check import card_dataset, card_options, find_mismatches
from unmask.evaluation.inference import Predictor, predict_dataset, worst_errors
from unmask.evaluation.robustness import AXES, GRID


def test_every_picture_is_in_every_figure(judge: Predictor, reds: Dataset) -> None:
    told = evaluate(judge, reds).to_dict(detail=True)
    assert list(told["tiers"]) == ["clean", "web", "hard"]
    for tier in told["tiers"].values():
        assert (tier["all"]["n_real"], tier["all"]["n_fake"]) == (24, 24)
        assert sum(scope["n_real"] + scope["n_fake"] for scope in tier["sources"].values()) == 48
        assert sum(scope["n_real"] + scope["n_fake"] for scope in tier["face_sizes"].values()) == 48
        assert set(tier["generators"]) == {"small paint", "large paint"}
    assert told["tiers"]["clean"]["all"]["auc"][0] == 1.0
    assert told["tiers"]["clean"]["generators"]["small paint"]["n_real"] == 12
    assert set(told["tiers"]["clean"]["face_sizes"]) == {"under 64 px", "128–255 px"}
    assert set(told["tiers"]["hard"]["face_sizes"]) == {"under 64 px", "64–127 px"}
    assert told["dataset"]["sha256"] == reds.sha256


def test_the_short_form_fits_into_a_card(judge: Predictor, reds: Dataset) -> None:
    text = json.dumps(evaluate(judge, reds).to_dict())
    assert len(text) < 8000
    assert "NaN" not in text


def test_broken_and_faceless_pictures_count_as_wrong(judge: Predictor, reds: Dataset) -> None:
    reds.items[0].path.write_bytes(b"broken")
    reds.items[1].path.unlink()
    Image.new("RGB", (40, 40)).save(reds.items[2].path)
    found = evaluate(judge, reds, tiers=["clean", "hard"])
    for tier in found.tiers.values():
        assert tier.all.counts() == {"n_real": 24, "n_fake": 24, "no_face": 1, "problems": 2}
        assert tier.all.metrics["accuracy"].value <= 45 / 48
        assert tier.all.metrics["coverage"].value <= 45 / 48
    whole = evaluate(judge, reds, tiers=["clean"], options=PredictOptions(whole_picture=True))
    assert whole.tiers["clean"].all.counts()["no_face"] == 0


def test_only_real_pictures_can_be_evaluated(judge: Predictor, reds: Dataset) -> None:
    told = evaluate(judge, reds.where(label="real"), tiers=["clean"]).to_dict()["tiers"]["clean"]["all"]
    assert "auc" not in told
    assert told["false_alarms"][0] == 0.0
    assert told["false_alarms"][2] > 0.05


def test_nonsense_is_refused(judge: Predictor, reds: Dataset) -> None:
    with pytest.raises(UsageError, match="soft"):
        evaluate(judge, reds, tiers=["soft"])
    with pytest.raises(UsageError):
        evaluate(judge, reds, tiers=[])
    with pytest.raises(DatasetError):
        evaluate(judge, reds.where(label="x"))


def test_robustness_covers_the_grid(judge: Predictor, reds: Dataset) -> None:
    told = evaluate(judge, reds, tiers=["clean"], robustness=8).to_dict(detail=True)["robustness"]
    assert len(told["cells"]) == len(GRID) + len(AXES) == 32
    assert told["pictures"] == pytest.approx(8, abs=2)
    assert all(cell["auc"][0] > 0.7 for cell in told["cells"] if not cell["noise"])


def split(dataset: Dataset, name: str | None) -> Dataset:
    return replace(dataset, items=tuple(replace(item, split=name) for item in dataset))


def test_the_reported_split_is_test_then_valid_then_all(reds: Dataset) -> None:
    assert len(select_split(reds, None)) == 48
    mixed = replace(reds, items=(*split(reds.take(range(10)), "train").items, *reds.items[10:]))
    assert len(select_split(mixed, None)) == 38
    assert len(select_split(mixed, "train")) == 10
    assert len(select_split(mixed, "all")) == 48
    assert len(select_split(split(reds, None), None)) == 48
    with pytest.raises(UsageError, match="valid"):
        select_split(reds, "test")


def test_a_sample_keeps_the_proportions(reds: Dataset) -> None:
    part = stratified_sample(reds, 12)
    assert part.counts() == {"valid": {"large": {"real": 3, "fake": 3}, "small": {"real": 3, "fake": 3}}}
    assert stratified_sample(reds, 12) == part
    assert stratified_sample(reds, 500) is reds


def test_the_worst_mistakes_come_first(guesser: Predictor, reds: Dataset) -> None:
    judged = predict_dataset(guesser, reds)
    for label in ("real", "fake"):
        wrong = [verdict.probability_fake for _, verdict in worst_errors(judged, label, 5)]
        assert wrong == sorted(wrong, reverse=label == "real")
        assert all((probability >= 0.5) == (label == "real") for probability in wrong if probability is not None)


def test_a_model_is_as_good_as_itself(judge: Predictor, reds: Dataset) -> None:
    judged = predict_dataset(judge, reds)
    comparison = compare(judged, judged)
    assert comparison.p_value == 1.0
    assert all(difference.winner is None for difference in comparison.differences)


def test_a_better_model_is_found_better(judge: Predictor, guesser: Predictor, reds: Dataset) -> None:
    comparison = compare(predict_dataset(guesser, reds), predict_dataset(judge, reds))
    by_name = {difference.name: difference for difference in comparison.differences}
    assert comparison.p_value < 0.05
    assert by_name["auc"].winner == by_name["brier"].winner == "second"
    back = compare(predict_dataset(judge, reds), predict_dataset(guesser, reds))
    assert {difference.name: difference.winner for difference in back.differences}["brier"] == "first"


@pytest.mark.parametrize(("count", "winner"), [(1, None), (6, None), (20, "first")])
def test_a_few_pictures_that_all_move_are_no_proof(reds: Dataset, count: int, winner: str | None) -> None:
    real = reds.where(label="real").take(range(count))
    milder, stricter = (predict_dataset(StubbornJudge(says=score), real) for score in (0.1, 0.95))
    gap = next(each for each in compare(milder, stricter).differences if each.name == "false_alarms")
    assert gap.gap.value == 1.0
    assert gap.winner == winner


def test_only_the_same_pictures_are_compared(judge: Predictor, reds: Dataset) -> None:
    with pytest.raises(UsageError):
        compare(predict_dataset(judge, reds), predict_dataset(judge, reds.where(source="small")))


def test_a_true_card_agrees_and_an_altered_one_does_not(judge: Predictor, reds: Dataset) -> None:
    stated = json.loads(json.dumps(evaluate(judge, reds, tiers=["clean", "web"]).card_metrics()))
    options, known = card_options(stated, ["clean", "web", "hard"])
    assert known == ["clean", "web"]
    found = evaluate(judge, card_dataset(stated, reds), tiers=known, options=options).card_metrics()
    assert find_mismatches(stated, found, known) == []
    stated["tiers"]["web"]["sources"]["small"]["brier"][0] += 0.01
    stated["tiers"]["clean"]["all"]["n_real"] += 1
    stated["tiers"]["clean"]["all"]["ece"] = ["much", None, 0]
    del stated["tiers"]["clean"]["all"]["auc"]
    wrong = find_mismatches(stated, found, known)
    assert {each.path for each in wrong} == {
        "web/sources/small/brier",
        "clean/all/n_real",
        "clean/all/ece",
        "clean/all/auc",
    }


@pytest.mark.parametrize("name", ["accuracy", "coverage", "ece", "sure_accuracy", "false_alarms", "misses"])
def test_one_picture_may_cross_a_threshold_but_not_two(name: str) -> None:
    rests_on = {"false_alarms": 40, "misses": 200, "sure_accuracy": 120}.get(name, 240)
    scope = {"n_real": 40, "n_fake": 200, "coverage": [0.5, 0.4, 0.6]}

    def card(pictures: int) -> dict[str, Any]:
        figure = [0.5 + pictures / rests_on, 0.4, 0.6]
        return {"tiers": {"clean": {"all": scope | {name: figure}}}}

    assert [bool(find_mismatches(card(moved), card(0), ["clean"])) for moved in (0, 1, 2)] == [False, False, True]


def test_a_card_is_only_checked_on_its_own_pictures(judge: Predictor, reds: Dataset) -> None:
    stated = evaluate(judge, reds, tiers=["clean"]).card_metrics()
    more = LabeledImage(reds.items[0].path, "real", "train", "small", name="more.png")
    assert card_dataset(stated, replace(reds, items=(*reds.items, more))).sha256 == reds.sha256
    with pytest.raises(DatasetError, match="48 pictures of reds"):
        card_dataset(stated, reds.where(source="small"))
    with pytest.raises(BadModelFile, match="states no metrics"):
        card_options({}, ["clean"])
