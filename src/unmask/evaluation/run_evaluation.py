"""Evaluates a detector on a dataset in every tier."""

from __future__ import annotations

from collections.abc import Iterable

from unmask.datasets import Dataset, stratified_sample
from unmask.datasets.training_hashes import TrainingOverlap
from unmask.errors import DatasetError, UsageError
from unmask.evaluation.evaluation import Evaluation, Tier
from unmask.evaluation.inference import DEFAULT_OPTIONS, Predictor, predict_dataset
from unmask.evaluation.robustness import measure_robustness
from unmask.evaluation.tiers import TIERS, select_tiers
from unmask.predict_options import PredictOptions
from unmask.progress import Progress, no_progress


def evaluate(
    detector: Predictor,
    dataset: Dataset,
    *,
    tiers: Iterable[str] = tuple(TIERS),
    options: PredictOptions = DEFAULT_OPTIONS,
    robustness: int = 0,
    overlap: TrainingOverlap | None = None,
    progress: Progress = no_progress,
) -> Evaluation:
    """Measures a detector on a dataset, in every tier.

    Args:
        detector: the detector.
        dataset: the images; all of them are used, whatever their split.
        tiers: some of `clean`, `web`, `hard`.
        options: options of each prediction.
        robustness: number of images that are also evaluated under each of 32 degradations; 0 for none.
        overlap: images that the model was trained on, from `find_overlap`; the result and its page state it.
        progress: receives the number of finished images.

    Raises:
        UsageError: a tier is unknown.
        DatasetError: the dataset is empty.
    """
    if not len(dataset):
        raise DatasetError(f"{dataset.name} has no pictures to evaluate")
    results = {
        name: Tier(
            predict_dataset(detector, dataset, degradation, options, task=f"evaluating, {name}", progress=progress)
        )
        for name, degradation in select_tiers(tiers).items()
    }
    grid = None
    if robustness:
        grid = measure_robustness(detector, stratified_sample(dataset, robustness), options, progress=progress)
    return Evaluation(dataset, detector.model, options, results, grid, overlap)


def select_split(dataset: Dataset, split: str | None) -> Dataset:
    """The images of the split to evaluate.

    Args:
        dataset: all images.
        split: name of a split, or `all`; None selects `test` if it exists, else `valid`, else all images.

    Raises:
        UsageError: the split has no images.
    """
    if split is None:
        split = next((name for name in ("test", "valid") if name in dataset.splits), "all")
    chosen = dataset if split == "all" else dataset.subset(split)
    if not len(chosen):
        existing = ", ".join(name or "unsplit" for name in dataset.splits)
        raise UsageError(f"{dataset.name} has no pictures in split {split!r}; its splits are {existing}")
    return chosen
