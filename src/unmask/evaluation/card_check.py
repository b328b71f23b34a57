"""Compares the metrics in a model card with recomputed ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unmask.card_metrics import CardMetrics
from unmask.datasets import Dataset
from unmask.errors import BadModelFile, DatasetError
from unmask.predict_options import PredictOptions

VALUE_TOLERANCE, LIMIT_TOLERANCE = 0.002, 0.005
"""Accepted differences of a value and of the limits of its interval; scores differ by up to 1e-3 between CPUs."""
_IMAGES_ACROSS_THRESHOLD = 1.1
"""Images that may cross a threshold, for metrics that change stepwise: one, and a tenth for rounded values."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A metric whose recomputed value differs from the card.

    Attributes:
        path: tier, subset and metric, such as `web/sources/dfdc/auc`.
        stated: value in the card; None if the card does not have it.
        found: recomputed value; None if there is none.
    """

    path: str
    stated: Any
    found: Any

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {"figure": self.path, "stated": self.stated, "found": self.found}


def card_options(metrics: CardMetrics, tiers: Sequence[str]) -> tuple[PredictOptions, list[str]]:
    """The options with which the card's metrics were computed, and its tiers.

    Args:
        metrics: metrics of the card.
        tiers: tiers to check.

    Returns:
        The options, and those of `tiers` that the card has metrics of.

    Raises:
        BadModelFile: the card has no metrics of these tiers.
    """
    stated = [tier for tier in tiers if tier in metrics.get("tiers", {})]
    if not stated:
        raise BadModelFile(
            f"the model card states no metrics for {', '.join(tiers)}, so --check cannot compare any; remove --check"
        )
    options = metrics.get("manner", {})
    return PredictOptions(
        whole_picture=bool(options.get("whole_picture", False)),
        stability=bool(options.get("stability", True)),
        flag_doubtful=bool(options.get("flag_doubtful", False)),
    ), stated


def card_dataset(metrics: CardMetrics, dataset: Dataset) -> Dataset:
    """The images from which the card's metrics were computed.

    Args:
        metrics: metrics of the card.
        dataset: dataset of the user; the splits named in the card are selected.

    Raises:
        DatasetError: the digest of the images differs from the card.
    """
    stated: Mapping[str, Any] = metrics.get("dataset", {})
    splits = [None if split == "unsplit" else split for split in stated.get("splits", [])]
    chosen = dataset.where(split=splits)
    if stated.get("sha256") != chosen.sha256:
        raise DatasetError(
            f"the card's metrics were computed from {stated.get('pictures')} pictures of {stated.get('name')} "
            f"(sha256 {str(stated.get('sha256'))[:12]}…), not from these {len(chosen)} (sha256 {chosen.sha256[:12]}…); "
            "give the dataset that the card names"
        )
    return chosen


def find_mismatches(stated: CardMetrics, found: CardMetrics, tiers: Sequence[str]) -> list[Mismatch]:
    """All metrics that differ by more than the tolerances.

    Args:
        stated: metrics of the card.
        found: `Evaluation.card_metrics()` of the same images with the same options.
        tiers: tiers to compare.
    """
    pairs = [_Pair("dataset/pictures", _picture_count(stated), _picture_count(found))]
    for tier in tiers:
        pairs += _pairs(stated["tiers"].get(tier), found["tiers"].get(tier), tier)
    return [Mismatch(each.path, each.stated, each.found) for each in pairs if not _agree(each)]


def _picture_count(metrics: CardMetrics) -> int | None:
    return metrics["dataset"]["pictures"] if "dataset" in metrics else None


@dataclass(frozen=True, slots=True)
class _Pair:
    """Stated and recomputed value of a metric, and by how much one image can change it."""

    path: str
    stated: Any
    found: Any
    step: float = 0.0


def _pairs(stated: Any, found: Any, path: str, step: float = 0.0) -> Iterator[_Pair]:
    """All pairs of values in two nested mappings."""
    if isinstance(stated, Mapping) and isinstance(found, Mapping):
        for key in dict.fromkeys((*stated, *found)):
            yield from _pairs(stated.get(key), found.get(key), f"{path}/{key}", _one_image_effect(key, found))
    else:
        yield _Pair(path, stated, found, step)


def _one_image_effect(name: str, metrics: Mapping[str, Any]) -> float:
    """By how much one image that crosses a threshold changes a metric; 0 for metrics that change continuously."""
    real, fake = metrics.get("n_real", 0), metrics.get("n_fake", 0)
    sure = (metrics.get("coverage") or [0])[0] * (real + fake)
    counts = {
        **dict.fromkeys(("accuracy", "coverage", "ece"), real + fake),
        "sure_accuracy": sure,
        "false_alarms": real,
        "misses": fake,
        "tpr_at_1pct_fpr": min(real, fake),
    }
    return 1 / counts[name] if counts.get(name) else 0.0


def _agree(pair: _Pair) -> bool:
    """Whether two values agree: counts exactly, `[value, low, high]` within the tolerances.

    A share may differ by one image, and its limits by two.
    """
    stated, found = pair.stated, pair.found
    if not (isinstance(stated, list) and isinstance(found, list) and len(stated) == len(found) == 3):
        return bool(stated == found)
    value = max(VALUE_TOLERANCE, _IMAGES_ACROSS_THRESHOLD * pair.step)
    limit = max(LIMIT_TOLERANCE, 2 * _IMAGES_ACROSS_THRESHOLD * pair.step)
    return all(map(_close, stated, found, (value, limit, limit)))


def _close(stated: Any, found: Any, tolerance: float) -> bool:
    if not (isinstance(stated, int | float) and isinstance(found, int | float)):
        return bool(stated == found)
    return abs(stated - found) <= tolerance
