from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from unmask.datasets import Dataset, LabeledImage
from unmask.errors import BadModelFile, DatasetError
from unmask.evaluation import evaluate
from unmask.evaluation.card_check import card_dataset, card_options, find_mismatches
from unmask.evaluation.inference import Predictor


def test_altered_card_metrics_are_found(redness: Predictor, reds: Dataset) -> None:
    stated = json.loads(json.dumps(evaluate(redness, reds, tiers=["clean", "web"]).card_metrics()))
    options, known = card_options(stated, ["clean", "web", "hard"])
    assert known == ["clean", "web"]
    found = evaluate(redness, card_dataset(stated, reds), tiers=known, options=options).card_metrics()
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


def test_a_card_is_only_checked_on_its_own_pictures(redness: Predictor, reds: Dataset) -> None:
    stated = evaluate(redness, reds, tiers=["clean"]).card_metrics()
    more = LabeledImage(reds.items[0].path, "real", "train", "small", name="more.png")
    assert card_dataset(stated, replace(reds, items=(*reds.items, more))).sha256 == reds.sha256
    with pytest.raises(DatasetError, match="48 pictures of reds"):
        card_dataset(stated, reds.where(source="small"))
    with pytest.raises(BadModelFile, match="states no metrics"):
        card_options({}, ["clean"])
