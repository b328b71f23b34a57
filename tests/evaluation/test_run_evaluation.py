from __future__ import annotations

import json
from dataclasses import replace

import pytest
from PIL import Image

from unmask.datasets import Dataset, stratified_sample
from unmask.errors import DatasetError, UsageError
from unmask.evaluation import PredictOptions, evaluate, select_split
from unmask.evaluation.inference import Predictor


def test_every_picture_counts_in_every_subset(redness: Predictor, reds: Dataset) -> None:
    found = evaluate(redness, reds).to_dict(detail=True)
    assert list(found["tiers"]) == ["clean", "web", "hard"]
    for tier in found["tiers"].values():
        assert (tier["all"]["n_real"], tier["all"]["n_fake"]) == (24, 24)
        assert sum(subset["n_real"] + subset["n_fake"] for subset in tier["sources"].values()) == 48
        assert sum(subset["n_real"] + subset["n_fake"] for subset in tier["face_sizes"].values()) == 48
        assert set(tier["generators"]) == {"small paint", "large paint"}
    assert found["tiers"]["clean"]["all"]["auc"][0] == 1.0
    assert found["tiers"]["clean"]["generators"]["small paint"]["n_real"] == 12
    assert set(found["tiers"]["clean"]["face_sizes"]) == {"under 64 px", "128–255 px"}
    assert set(found["tiers"]["hard"]["face_sizes"]) == {"under 64 px", "64–127 px"}
    assert found["dataset"]["sha256"] == reds.sha256


def test_card_metrics_are_short_json(redness: Predictor, reds: Dataset) -> None:
    text = json.dumps(evaluate(redness, reds).to_dict())
    assert len(text) < 8000
    assert "NaN" not in text


def test_broken_and_faceless_pictures_count_as_wrong(redness: Predictor, reds: Dataset) -> None:
    reds.items[0].path.write_bytes(b"broken")
    reds.items[1].path.unlink()
    Image.new("RGB", (40, 40)).save(reds.items[2].path)
    found = evaluate(redness, reds, tiers=["clean", "hard"])
    for tier in found.tiers.values():
        assert tier.all.counts() == {"n_real": 24, "n_fake": 24, "no_face": 1, "problems": 2}
        assert tier.all.metrics["accuracy"].value <= 45 / 48
        assert tier.all.metrics["coverage"].value <= 45 / 48
    whole = evaluate(redness, reds, tiers=["clean"], options=PredictOptions(whole_picture=True))
    assert whole.tiers["clean"].all.counts()["no_face"] == 0


def test_dataset_with_real_pictures_alone_is_evaluated(redness: Predictor, reds: Dataset) -> None:
    found = evaluate(redness, reds.where(label="real"), tiers=["clean"]).to_dict()["tiers"]["clean"]["all"]
    assert "auc" not in found
    assert found["false_alarms"][0] == 0.0
    assert found["false_alarms"][2] > 0.05


def test_invalid_arguments_raise(redness: Predictor, reds: Dataset) -> None:
    with pytest.raises(UsageError, match="soft"):
        evaluate(redness, reds, tiers=["soft"])
    with pytest.raises(UsageError):
        evaluate(redness, reds, tiers=[])
    with pytest.raises(DatasetError):
        evaluate(redness, reds.where(label="x"))


def split(dataset: Dataset, name: str | None) -> Dataset:
    return replace(dataset, items=tuple(replace(item, split=name) for item in dataset))


def test_default_split_is_test_then_valid_then_all(reds: Dataset) -> None:
    assert len(select_split(reds, None)) == 48
    mixed = replace(reds, items=(*split(reds.take(range(10)), "train").items, *reds.items[10:]))
    assert len(select_split(mixed, None)) == 38
    assert len(select_split(mixed, "train")) == 10
    assert len(select_split(mixed, "all")) == 48
    assert len(select_split(split(reds, None), None)) == 48
    with pytest.raises(UsageError, match="valid"):
        select_split(reds, "test")


def test_sample_is_stratified(reds: Dataset) -> None:
    part = stratified_sample(reds, 12)
    assert part.counts() == {"valid": {"large": {"real": 3, "fake": 3}, "small": {"real": 3, "fake": 3}}}
    assert stratified_sample(reds, 12) == part
    assert stratified_sample(reds, 500) is reds


def test_html_page_shows_every_tier_and_chart(redness: Predictor, reds: Dataset) -> None:
    page = evaluate(redness, reds, robustness=8).to_html()
    assert page.startswith("<!doctype html>")
    assert page.count("<svg") == 10
    assert all(f">{tier}</th>" in page for tier in ("clean", "web", "hard"))


def test_progress_reports_every_picture_of_every_tier(redness: Predictor, reds: Dataset) -> None:
    calls: list[tuple[str, int, int | None]] = []
    evaluate(redness, reds, tiers=["clean", "web"], progress=lambda *call: calls.append(call))
    assert calls[0] == ("evaluating, clean", 0, 48)
    assert calls[-1] == ("evaluating, web", 48, 48)
    assert len(calls) == 2 * 49
