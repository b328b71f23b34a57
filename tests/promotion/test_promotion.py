"""Rules, outcomes and records of promotions. Scores are given, so that no model runs."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import MlflowRuns
from unmask.datasets import Dataset, LabeledImage
from unmask.datasets.auc import Interval
from unmask.errors import DatasetError, UsageError
from unmask.evaluation import Evaluation, Predictions, PredictOptions, bootstrap, comparison
from unmask.evaluation.bootstrap import bootstrap_intervals
from unmask.evaluation.evaluation import Tier
from unmask.promotion import (
    Decided,
    Outcome,
    PromotionDecision,
    PromotionRules,
    check_margin,
    decide_promotion,
    decision_faults,
    log_decision,
    promotion_page,
    write_decision,
)
from unmask.promotion import decision as decision_module
from unmask.verdict import ModelReference, Thresholds, Verdict

RULE = Thresholds(0.05, 0.95)
SOURCES = ("faces", "clips")


class ScoredDetector:
    """A detector whose scores are given by picture name."""

    def __init__(self, name: str, scores: dict[str, float]) -> None:
        self.model = ModelReference(name, "1", name[0] * 64)
        self.scores = scores


@pytest.fixture
def dataset() -> Dataset:
    """Two sources with 200 real and 200 fake pictures each; a third of the fakes in `clips` are of a new kind."""
    items = []
    for source in SOURCES:
        for number in range(400):
            label = "fake" if number % 2 else "real"
            kind = ("new" if number % 3 == 0 and source == "clips" else "old") if label == "fake" else None
            name = f"{source}{number}"
            items.append(LabeledImage(Path(name), label, None, source, kind, name, name=name))  # type: ignore[arg-type]
    return Dataset(tuple(items), "regression")


def scores(dataset: Dataset, seed: int, spread: float = 2.0) -> dict[str, float]:
    """Calibrated scores: logits around +2 for fakes and -2 for real pictures."""
    rng = np.random.default_rng(seed)
    shift = np.where(dataset.labels == 1, 2.0, -2.0)
    logits = shift + spread * rng.normal(size=len(dataset))
    return {item.name: float(1 / (1 + np.exp(-z))) for item, z in zip(dataset, logits, strict=True)}


@pytest.fixture(autouse=True)
def given_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evaluate detectors by their given scores, and time nothing."""

    def evaluate(detector: ScoredDetector, dataset: Dataset, **_: object) -> Evaluation:
        verdicts = tuple(_verdict(item.name, detector) for item in dataset)
        tier = Tier(Predictions(dataset, verdicts))
        return Evaluation(dataset, detector.model, PredictOptions(), {"clean": tier})

    few_rounds = partial(bootstrap_intervals, rounds=200)
    monkeypatch.setattr(comparison, "bootstrap_intervals", few_rounds)
    monkeypatch.setattr(bootstrap, "bootstrap_intervals", lambda measure, groups, *_: few_rounds(measure, groups))
    monkeypatch.setattr(decision_module, "evaluate", evaluate)
    monkeypatch.setattr(decision_module, "_slowdown", lambda *_: 1.0)


def _verdict(name: str, detector: ScoredDetector) -> Verdict:
    score = detector.scores[name]
    return Verdict(name, name, 8, 8, "PNG", RULE.label(score), score, RULE, (), detector.model, 0.1)


def decide(
    dataset: Dataset,
    new: dict[str, float],
    old: dict[str, float],
    rules: PromotionRules = PromotionRules(),  # noqa: B008
) -> PromotionDecision:
    candidate, current = ScoredDetector("new", new), ScoredDetector("old", old)
    return decide_promotion(candidate, current, dataset, rules, sizes=(10, 10))  # type: ignore[arg-type]


def noisy(base: dict[str, float], seed: int = 5) -> dict[str, float]:
    """The scores with a little noise, as from a model that was trained again."""
    rng = np.random.default_rng(seed)
    return {name: float(np.clip(value + 0.01 * rng.normal(), 0.001, 0.999)) for name, value in base.items()}


def test_a_candidate_like_the_current_model_is_promoted(dataset: Dataset) -> None:
    old = scores(dataset, 1)
    found = decide(dataset, noisy(old), old)
    assert found.decided is Decided.PROMOTE, found.reasons
    assert {check.subset for check in found.checks} >= {"all", "faces", "clips", "new"}


def test_swapped_labels_are_rejected_for_the_auc(dataset: Dataset) -> None:
    old = scores(dataset, 1)
    found = decide(dataset, {name: 1 - value for name, value in old.items()}, old)
    assert found.decided is Decided.REJECT
    assert any(reason.startswith("auc_loss on all") for reason in found.reasons)


def test_broken_calibration_is_rejected_for_the_calibration(dataset: Dataset) -> None:
    old = scores(dataset, 1)
    found = decide(dataset, {name: 0.25 + value / 2 for name, value in old.items()}, old)
    failed = {check.rule for check in found.checks if check.outcome is Outcome.FAILED}
    assert found.decided is Decided.REJECT
    assert "ece" in failed
    assert "auc_loss" not in failed


@pytest.mark.parametrize(("subset", "field"), [("clips", "source"), ("new", "generator")])
def test_a_forgotten_source_or_kind_is_rejected_by_name(dataset: Dataset, subset: str, field: str) -> None:
    old = scores(dataset, 1)
    new = noisy(old)
    rng = np.random.default_rng(3)
    forgotten = [item.name for item in dataset if getattr(item, field) == subset and item.label == "fake"]
    new |= {name: float(rng.uniform(0.01, 0.15)) for name in forgotten}
    found = decide(dataset, new, old)
    failed = {check.subset for check in found.checks if check.outcome is Outcome.FAILED and check.rule == "auc_loss"}
    assert found.decided is Decided.REJECT
    assert subset in failed
    assert "faces" not in failed


def test_more_false_alarms_are_rejected(dataset: Dataset) -> None:
    old = scores(dataset, 1)
    real = [item.name for item in dataset if item.label == "real"][::10]
    found = decide(dataset, old | dict.fromkeys(real, 0.97), old)
    failed = {check.rule for check in found.checks if check.outcome is Outcome.FAILED}
    assert {"false_alarm_increase", "false_alarms_per_10000"} <= failed


def test_few_pictures_are_undecided_with_a_number_that_would_decide(dataset: Dataset) -> None:
    few = dataset.take(range(0, 800, 9))
    old = scores(dataset, 1)
    found = decide(few, noisy(scores(dataset, 2)), old)
    assert found.decided is Decided.UNDECIDED
    assert any(check.needed for check in found.checks)
    assert "more pictures would decide" in " ".join(found.reasons)
    assert found.skipped == () or all(real < 20 or fake < 20 for _, real, fake in found.skipped)


def test_a_required_gain_must_be_there(dataset: Dataset) -> None:
    rng = np.random.default_rng(3)
    kind = [item.name for item in dataset if item.generator == "new"]
    old = scores(dataset, 1) | {name: float(rng.uniform(0, 0.6)) for name in kind}
    rules = PromotionRules(gain={"new": 0.03})
    assert decide(dataset, scores(dataset, 1), old, rules).decided is Decided.PROMOTE
    found = decide(dataset, noisy(old), old, rules)
    assert found.decided is Decided.REJECT
    assert found.reasons[0].startswith("gain on new")


def test_a_required_gain_that_cannot_be_judged_is_an_error(dataset: Dataset) -> None:
    with pytest.raises(DatasetError, match="the rules require a gain on else, but its sources have 0 real and 0 fake"):
        decide(dataset, {}, {}, PromotionRules(gain={"else": 0.03}))


def test_one_class_alone_is_an_error(dataset: Dataset) -> None:
    with pytest.raises(DatasetError, match="one class only"):
        decide(dataset.where(label="real"), {}, {})


@pytest.mark.parametrize(
    ("interval", "outcome"),
    [((0.0, -0.01, 0.01), "passed"), ((0.1, 0.05, 0.2), "failed"), ((0.01, -0.01, 0.05), "undecided")],
)
def test_an_interval_and_a_limit(interval: tuple[float, float, float], outcome: str) -> None:
    check = check_margin("auc_loss", "all", "clean", Interval(*interval), 0.02, 100)
    assert str(check.outcome) == outcome
    assert (check.needed is not None) == (outcome == "undecided")


def test_the_number_of_pictures_that_would_decide() -> None:
    check = check_margin("auc_loss", "all", "clean", Interval(0.0, -0.04, 0.04), 0.02, 100)
    assert check.needed == 300


def test_rules_are_read_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('[rules]\nauc_loss = 0.01\nece = -1\n[gain]\n"new kind" = 0.1\n')
    rules = PromotionRules.load(path)
    assert (rules.auc_loss, rules.ece, rules.gain) == (0.01, -1, {"new kind": 0.1})
    for text, message in (
        ("[rules]\nauc = 1", "unknown rule 'auc'"),
        ("[rule]\n", "unknown table 'rule'"),
        ("[rules]\nece = 'x'", "give a number"),
        ("[gain]\nx = 2", "between 0 and 1"),
        ("[", "cannot be read as rules"),
    ):
        path.write_text(text)
        with pytest.raises(UsageError, match=message):
            PromotionRules.load(path)


def test_a_decision_is_one_mlflow_run(dataset: Dataset, tmp_path: Path, mlflow_runs: MlflowRuns) -> None:
    old = scores(dataset, 1)
    found = decide(dataset, {name: 1 - value for name, value in old.items()}, old)
    page = tmp_path / "report.html"
    page.write_text(promotion_page(found))
    log_decision(found, [page])
    (run,) = mlflow_runs()
    assert run.data.tags["unmask.decision"] == "reject"
    assert run.data.metrics["auc_loss/all/clean"] == next(each.worse.value for each in found.checks)
    assert {each.name for each in Path(run.info.artifact_uri).iterdir()} == {"decision.json", "report.html"}


def test_page_and_signed_record(dataset: Dataset, tmp_path: Path) -> None:
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519")
    old = scores(dataset, 1)
    found = decide(dataset, {name: 1 - value for name, value in old.items()}, old)
    page = promotion_page(found)
    assert "Promotion: reject" in page
    assert "auc loss" in page
    path = tmp_path / "decision.json"
    write_decision(found, path, ed25519.Ed25519PrivateKey.generate())
    assert list(decision_faults(path)) == []
    path.write_text(path.read_text().replace('"decision": "reject"', '"decision": "promote"'))
    assert len(list(decision_faults(path))) == 2
    path.write_text(json.dumps({"schema": "other"}))
    with pytest.raises(UsageError, match="not the record"):
        list(decision_faults(path))
