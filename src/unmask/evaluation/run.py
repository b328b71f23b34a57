"""One page that reads: which pictures, how they are spoilt, what was said of them."""

from __future__ import annotations

from collections.abc import Iterable

from unmask.datasets import Dataset
from unmask.datasets.splitting import sampled
from unmask.errors import DatasetError, UsageError
from unmask.evaluation.evaluation import Evaluation, Tier
from unmask.evaluation.judging import AS_SHIPPED, Judge, Manner, Watch, judge, unwatched
from unmask.evaluation.robustness import probe
from unmask.evaluation.tiers import TIERS, tiers_named


def evaluate(
    detector: Judge,
    dataset: Dataset,
    *,
    tiers: Iterable[str] = tuple(TIERS),
    manner: Manner = AS_SHIPPED,
    robustness: int = 0,
    watch: Watch = unwatched,
) -> Evaluation:
    """Judge a data set as users would, in every tier.

    Args:
        detector: what is evaluated.
        dataset: the pictures; all of them are judged, whatever their split.
        tiers: which of `clean`, `web`, `hard`.
        manner: how each picture is judged.
        robustness: also judge this many of the pictures under every degradation of a grid; 0 for none.
        watch: lets someone watch the work.

    Raises:
        UsageError: an unknown tier.
        DatasetError: no pictures.
    """
    if not len(dataset):
        raise DatasetError(f"no pictures to judge in {dataset.name}")
    found = {
        name: Tier(judge(detector, dataset, degradation, manner, doing=f"judging, {name}", watch=watch))
        for name, degradation in tiers_named(tiers).items()
    }
    grid = probe(detector, sampled(dataset, robustness), manner, watch=watch) if robustness else None
    return Evaluation(dataset, detector.model, manner, found, grid)


def reported_split(dataset: Dataset, split: str | None) -> Dataset:
    """The pictures to report on.

    Args:
        dataset: all pictures.
        split: its name, or `all`; where left out, `test` if there is one, else `valid`, else everything.

    Raises:
        UsageError: there are no pictures of that split.
    """
    if split is None:
        split = next((name for name in ("test", "valid") if name in dataset.splits), "all")
    chosen = dataset if split == "all" else dataset.subset(split)
    if not len(chosen):
        there = ", ".join(name or "unsplit" for name in dataset.splits)
        raise UsageError(f"{dataset.name} has no pictures of split {split!r}; it has {there}")
    return chosen
