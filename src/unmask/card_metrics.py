"""Types of `ModelCard.metrics`, the JSON object that `Evaluation.card_metrics` writes."""

from __future__ import annotations

from typing import Required, TypedDict

Estimate = list[float]
"""`[value, low, high]`: a metric and the limits of its 95 % interval."""


class SubsetMetrics(TypedDict, total=False):
    """Counts and metrics of a set of images. A metric that is undefined, such as the AUC of one class, is absent."""

    n_real: Required[int]
    n_fake: Required[int]
    no_face: int
    problems: int
    auc: Estimate
    accuracy: Estimate
    tpr_at_1pct_fpr: Estimate
    ece: Estimate
    brier: Estimate
    coverage: Estimate
    sure_accuracy: Estimate
    false_alarms: Estimate
    misses: Estimate


class TierMetrics(TypedDict, total=False):
    """Metrics of one tier: of all images and by source."""

    all: Required[SubsetMetrics]
    sources: dict[str, SubsetMetrics]


class DatasetSummary(TypedDict):
    """The evaluated dataset."""

    name: str
    sha256: str
    splits: list[str]
    pictures: int


class GroupMetrics(SubsetMetrics, total=False):
    """Metrics of faces of similar appearance, and their differences from all other faces."""

    false_alarms_gap: Estimate
    misses_gap: Estimate
    not_cleared_gap: Estimate


class FairnessMetrics(TypedDict, total=False):
    """Metrics by appearance of the face, as `research/studies/fairness.py` measures them."""

    dataset: str
    split: str
    sha256: str
    pictures: int
    left_out: int
    agreement: dict[str, dict[str, float]]
    attributes: dict[str, dict[str, GroupMetrics]]


class VideoMetrics(TypedDict, total=False):
    """Correction of clip scores, as `research/studies/clips.py` measures it."""

    fitted_on: str
    clips: int
    margin: float
    false_positive_rate: Estimate


class CardMetrics(TypedDict, total=False):
    """All metrics of a model card; an empty object if the model was not evaluated.

    `unseen_miss_rate` is the share of fakes below `real_below`, by a kind of fake that was left out of training.
    """

    dataset: DatasetSummary
    manner: dict[str, bool]
    tiers: dict[str, TierMetrics]
    groups: FairnessMetrics
    video: VideoMetrics
    unseen_miss_rate: dict[str, float]
