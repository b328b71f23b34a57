"""What training runs and updates log to MLflow: the recipe, the figures of the card, and the model file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from unmask.card import ModelCard
from unmask.datasets import Dataset
from unmask.mlflow_tracking import MlflowRun
from unmask.training.context import TrainingContext

FILES = ("model.onnx", "model.hashes.npz", "model-int8.onnx", "recipe.toml", "history.csv", "curves.png")
"""Files of a run that are logged; those that show pictures or list file names are not."""
RUN_FILE = "mlflow.json"
"""File in the folder of a run with the ID of its MLflow run."""


def training_run(context: TrainingContext, dataset: Dataset) -> MlflowRun:
    """The MLflow run of a training run, with the recipe as parameters."""
    recipe = context.recipe
    parameters = dict(flatten(recipe.to_dict())) | dataset_parameters("data", dataset)
    run_file = context.run_dir.path / RUN_FILE
    return MlflowRun(f"train {recipe.name}", parameters, run_file=run_file, log=context.console.log)


def update_run(
    base: ModelCard, folder: Path, parameters: Mapping[str, object], dataset: Dataset, replay: Dataset | None
) -> MlflowRun:
    """The MLflow run of a quick update, with its settings and the new and replayed pictures as parameters."""
    values = {"base": f"{base.name} {base.version}", **parameters, **dataset_parameters("data", dataset)}
    if replay:
        values |= dataset_parameters("replay", replay)
    return MlflowRun(f"update {base.name}", values, run_file=folder / RUN_FILE)


def log_update(
    run: MlflowRun, card: ModelCard, folder: Path, before: Mapping[str, float], after: Mapping[str, float]
) -> None:
    """Log a finished quick update: the AUC before and after on new pictures and each old source, and the model."""
    for moment, figures in (("before", before), ("after", after)):
        run.log_metrics({f"{moment}/{name}/auc": value for name, value in figures.items()})
    log_model(run, card, folder)


def dataset_parameters(prefix: str, dataset: Dataset) -> dict[str, object]:
    """Name, number of pictures and digest of a dataset as parameters."""
    return {
        f"{prefix}.name": dataset.name,
        f"{prefix}.pictures": len(dataset),
        f"{prefix}.content_sha256": dataset.content_sha256,
    }


def log_model(run: MlflowRun, card: ModelCard, folder: Path) -> None:
    """Log a finished model: the figures of its card, its digest as a tag, the card, and the files of the run."""
    digest = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    run.set_tags({"unmask.model": f"{card.name} {card.version}", "unmask.model_sha256": digest})
    run.log_metrics(dict(card_figures(card)))
    run.log_json("model-card.json", card.to_dict())
    run.log_files([path for name in FILES if (path := folder / name).exists()])


def card_figures(card: ModelCard) -> Iterator[tuple[str, float]]:
    """The figures of the test split by tier, such as `clean/auc`, with `_low` and `_high`; also by source."""
    for tier, metrics in card.metrics.get("tiers", {}).items():
        subsets = {tier: metrics["all"]}
        subsets |= {f"{tier}/{source}": each for source, each in metrics.get("sources", {}).items()}
        for subset, figures in subsets.items():
            for name, figure in figures.items():
                if isinstance(figure, list):
                    yield from zip((f"{subset}/{name}{end}" for end in ("", "_low", "_high")), figure, strict=True)
                elif isinstance(figure, int):
                    yield f"{subset}/{name}", float(figure)


def flatten(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Nested values with dotted names."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
