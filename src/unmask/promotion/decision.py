"""Compares a candidate with the current model and applies the rules."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

from unmask._version import __version__
from unmask.datasets import Dataset, stratified_sample
from unmask.datasets.auc import Interval
from unmask.detector import Detector
from unmask.errors import DatasetError, UnmaskError
from unmask.evaluation import Evaluation, compare, evaluate
from unmask.evaluation.comparison import Difference
from unmask.evaluation.evaluation import Subset, Tier
from unmask.progress import Progress, no_progress
from unmask.promotion.checks import Check, Outcome, check_margin
from unmask.promotion.rules import PromotionRules
from unmask.verdict import ModelReference

PAIRED = {
    "auc_loss": ("auc", -1.0),
    "false_alarm_increase": ("false_alarms", 1.0),
    "miss_increase": ("misses", 1.0),
    "coverage_loss": ("coverage", -1.0),
    "brier_increase": ("brier", 1.0),
}
"""Metric of each paired rule, and the sign that makes larger values worse."""
IN_EVERY_SUBSET = ("auc_loss", "false_alarm_increase", "miss_increase")
TIMED = 12
"""Pictures on which the time of both models is measured."""


class Decided(StrEnum):
    """The decision."""

    PROMOTE = "promote"
    REJECT = "reject"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class PromotionDecision:
    """A decision with everything that it rests on.

    Attributes:
        candidate, current: the models.
        dataset: the regression set.
        rules: the rules.
        checks: every rule that was applied.
        skipped: subsets that were too small to be judged, with the number of real and fake pictures.
    """

    candidate: ModelReference
    current: ModelReference
    dataset: Dataset
    rules: PromotionRules
    checks: tuple[Check, ...]
    skipped: tuple[tuple[str, int, int], ...]

    @property
    def decided(self) -> Decided:
        """`reject` if a check failed, else `undecided` if one is, else `promote`."""
        outcomes = {check.outcome for check in self.checks}
        if Outcome.FAILED in outcomes:
            return Decided.REJECT
        return Decided.UNDECIDED if Outcome.UNDECIDED in outcomes else Decided.PROMOTE

    @property
    def reasons(self) -> list[str]:
        """The checks that decided, in one line each; empty for a promotion."""
        wanted = {Decided.REJECT: Outcome.FAILED, Decided.UNDECIDED: Outcome.UNDECIDED}.get(self.decided)
        return [check.sentence for check in self.checks if check.outcome is wanted]

    def to_dict(self) -> dict[str, Any]:
        """The decision as plain JSON values."""
        return {
            "decision": str(self.decided),
            "candidate": self.candidate.to_dict(),
            "current": self.current.to_dict(),
            "dataset": {
                "name": self.dataset.name,
                "content_sha256": self.dataset.content_sha256,
                "pictures": len(self.dataset),
            },
            "rules": self.rules.to_dict(),
            "checks": [check.to_dict() for check in self.checks],
            "skipped": [{"subset": name, "real": real, "fake": fake} for name, real, fake in self.skipped],
            "unmask": __version__,
        }


def decide_promotion(
    candidate: Detector,
    current: Detector,
    dataset: Dataset,
    rules: PromotionRules,
    *,
    tiers: Iterable[str] = ("clean", "web"),
    sizes: tuple[int, int] | None = None,
    progress: Progress = no_progress,
) -> PromotionDecision:
    """Evaluate both models on the regression set and apply the rules.

    Args:
        candidate: the new model.
        current: the model that it would replace.
        dataset: the regression set; neither model may be trained on it.
        rules: the rules.
        tiers: tiers to evaluate.
        sizes: bytes of both model files; None leaves the rule out.
        progress: receives the number of finished images.

    Raises:
        DatasetError: the set has no pictures of one class, or too few of a source or kind whose gain the rules require.
    """
    if len(set(dataset.labels.tolist())) < 2:
        raise DatasetError(f"{dataset.name} has pictures of one class only; add pictures of the other class")
    _check_gains(dataset, rules)
    named = list(tiers)
    old, new = (evaluate(each, dataset, tiers=named, progress=progress) for each in (current, candidate))
    checks = [*_paired_checks(old, new, rules), *_absolute_checks(new, rules)]
    checks += _cost_checks(candidate, current, dataset, rules, sizes)
    first = next(iter(old.tiers.values()))
    skipped = [
        (name, counts["n_real"], counts["n_fake"])
        for name, subset in _subsets(first).items()
        if not (_judged(subset, 0, rules) or _judged(subset, 1, rules))
        for counts in [subset.counts()]
    ]
    return PromotionDecision(candidate.model, current.model, dataset, rules, tuple(checks), tuple(skipped))


def _check_gains(dataset: Dataset, rules: PromotionRules) -> None:
    """Check that each required gain can be judged.

    Raises:
        DatasetError: a source or kind has too few real or fake images in the sources of its fakes.
    """
    for name in rules.gain:
        fakes = [item for item in dataset if item.label == "fake" and name in (item.source, item.generator)]
        sources = {item.source for item in fakes}
        reals = sum(item.label == "real" and item.source in sources for item in dataset)
        if min(len(fakes), reals) < rules.min_groups:
            raise DatasetError(
                f"{dataset.name}: the rules require a gain on {name}, but its sources have {reals} real and "
                f"{len(fakes)} fake pictures of it; at least {rules.min_groups} of each are needed"
            )


def _subsets(tier: Tier) -> dict[str, Subset]:
    """All pictures, then each source, then each kind of fake that is not a source of its own."""
    sources = tier.sources if len(tier.sources) > 1 else {}
    kinds = {name: each for name, each in tier.generators.items() if name not in sources}
    return {"all": tier.all, **sources, **kinds}


def _judged(subset: Subset, label: int, rules: PromotionRules) -> bool:
    """Whether a subset has enough independent pictures of a class."""
    return _groups(subset, label) >= rules.min_groups


def _groups(subset: Subset, label: int | None = None) -> int:
    dataset = subset.predictions.dataset
    chosen = dataset.groups if label is None else dataset.groups[dataset.labels == label]
    return len(np.unique(chosen))


def _paired_checks(old: Evaluation, new: Evaluation, rules: PromotionRules) -> Iterator[Check]:
    """The rules that compare both models on the same pictures."""
    for name, tier in old.tiers.items():
        after = _subsets(new.tiers[name])
        for label, before in _subsets(tier).items():
            real, fake = (_judged(before, each, rules) for each in (0, 1))
            if not (real or fake):
                continue
            found = compare(before.predictions, after[label].predictions)
            differences = {each.name: each for each in found.differences}
            allowed = {"auc_loss": real and fake, "false_alarm_increase": real, "miss_increase": fake}
            for rule in PAIRED if label == "all" else IN_EVERY_SUBSET:
                if allowed.get(rule, True) and getattr(rules, rule) >= 0:
                    yield from _paired(rule, label, name, differences, rules, _groups(before))
            if label in rules.gain and real and fake:
                yield _gain(label, name, differences["auc"], rules.gain[label], _groups(before))


def _paired(
    rule: str, subset: str, tier: str, differences: dict[str, Difference], rules: PromotionRules, groups: int
) -> Iterator[Check]:
    metric, sign = PAIRED[rule]
    gap = differences[metric].gap
    if not math.isnan(gap.value):
        ends = sorted((sign * gap.low, sign * gap.high))
        worse = Interval(sign * gap.value + 0.0, ends[0] + 0.0, ends[1] + 0.0)
        yield check_margin(rule, subset, tier, worse, getattr(rules, rule), groups)


def _gain(subset: str, tier: str, auc: Difference, wanted: float, groups: int) -> Check:
    """A required gain, as a loss that must not exceed minus the gain."""
    worse = Interval(-auc.gap.value, -auc.gap.high, -auc.gap.low)
    return check_margin("gain", subset, tier, worse, -wanted, groups)


def _absolute_checks(new: Evaluation, rules: PromotionRules) -> Iterator[Check]:
    """The rules on figures of the candidate alone."""
    for name, tier in new.tiers.items():
        metrics, groups = tier.all.metrics, _groups(tier.all)
        limits = {"ece": (metrics["ece"], 1.0), "false_alarms_per_10000": (metrics["false_alarms"], 10_000.0)}
        for rule, (metric, unit) in limits.items():
            if getattr(rules, rule) >= 0 and not math.isnan(metric.value):
                worse = Interval(unit * metric.value, unit * metric.low, unit * metric.high)
                yield check_margin(rule, "all", name, worse, getattr(rules, rule), groups)


def _cost_checks(
    candidate: Detector, current: Detector, dataset: Dataset, rules: PromotionRules, sizes: tuple[int, int] | None
) -> Iterator[Check]:
    """The rules on time and file size."""
    if rules.slowdown >= 0 and (ratio := _slowdown(candidate, current, dataset)) is not None:
        yield check_margin("slowdown", "all", "", Interval(ratio, ratio, ratio), rules.slowdown, TIMED)
    if rules.size_ratio >= 0 and sizes:
        ratio = sizes[0] / sizes[1]
        yield check_margin("size_ratio", "all", "", Interval(ratio, ratio, ratio), rules.size_ratio, 1)


def _slowdown(candidate: Detector, current: Detector, dataset: Dataset) -> float | None:
    """Median ratio of the times of both models, measured in turns; None if no picture can be judged."""
    ratios = []
    for item in stratified_sample(dataset, TIMED):
        seconds = []
        try:
            for detector in (candidate, current):
                detector.predict(item.path)
                started = time.perf_counter()
                detector.predict(item.path)
                seconds.append(time.perf_counter() - started)
        except UnmaskError:
            continue
        ratios.append(seconds[0] / max(seconds[1], 1e-9))
    return statistics.median(ratios) if ratios else None
