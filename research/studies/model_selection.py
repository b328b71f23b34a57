"""Compare rules that choose the best epoch from a small calibration split.

    python -m research.studies.model_selection DATA/manifest.csv --out runs/selection

Each seed draws a small dataset from the training split of DATA and trains `cnn3` on it to the last epoch. Every rule
then selects an epoch of the same run from its history. The figures come from images of the split `valid` of DATA,
which no rule uses.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from research.common.command_line import run_command
from unmask.datasets import Dataset
from unmask.training.config import Recipe
from unmask.training.console import Console
from unmask.training.context import TrainingContext
from unmask.training.data.datasets import EvalDataset, TrainDataset, random_sample, train_loader
from unmask.training.data.face_box_cache import find_face_boxes
from unmask.training.data.sampler import EpochSampler
from unmask.training.data.splits import add_missing_splits, make_splits
from unmask.training.engine.callbacks import Callback
from unmask.training.engine.distributed import open_distributed
from unmask.training.engine.loop import fit
from unmask.training.engine.losses import DetectorLoss, normalize
from unmask.training.engine.state import Record, TrainState
from unmask.training.engine.validation import Validator, roc_auc
from unmask.training.models.factory import to_logit
from unmask.training.pipeline import new_state
from unmask.training.run_dir import RunDir


class Rule(NamedTuple):
    """A column of the history to follow; training stops after `patience` epochs without improvement (0: never)."""

    monitor: str
    patience: int
    min_epochs: int = 0

    def select(self, history: Sequence[Record]) -> int:
        """Index of the epoch whose weights are kept."""
        best, since, sign = 0, 0, -1.0 if self.monitor.endswith("loss") else 1.0
        for index, record in enumerate(history):
            if index and sign * record[self.monitor] <= sign * history[best][self.monitor]:
                since += 1
                if self.patience and since >= self.patience and index + 1 >= self.min_epochs:
                    break
            else:
                best, since = index, 0
        return best


RULES = [Rule(monitor, patience) for monitor in ("auc", "accuracy", "held_out_loss") for patience in (5, 0)]
RULES.append(Rule("held_out_loss", 5, 10))


class TestFigures(Callback):
    """Measures the averaged weights of every epoch on the test images."""

    def __init__(self, dataset: Dataset, recipe: Recipe) -> None:
        images = random_sample(EvalDataset(dataset, find_face_boxes(dataset), recipe.preprocessing), len(dataset), 0)
        self.pixels, self.is_fake = torch.from_numpy(images.pixels), images.is_fake
        self.rows: list[Record] = []

    def on_epoch(self, state: TrainState, record: Record) -> None:
        """Add AUC, accuracy and loss."""
        with torch.inference_mode():
            parts = [to_logit(state.ema_model(normalize(part))).numpy() for part in torch.split(self.pixels, 64)]
        logits = np.concatenate(parts).astype(float)
        losses = np.logaddexp(0.0, np.where(self.is_fake, -logits, logits))
        figures = {"auc": roc_auc(self.is_fake.astype(np.int64), logits), "loss": float(losses.mean())}
        self.rows.append(figures | {"accuracy": float(((logits > 0) == self.is_fake).mean())})


def draw(dataset: Dataset, each: int, seed: int) -> Dataset:
    """`each` random images of each class, equally many of every source where the source has them."""
    rng, chosen = np.random.default_rng(seed), []
    for label in ("real", "fake"):
        for source in dataset.sources:
            items = dataset.where(label=label, source=source).items
            order = rng.permutation(len(items))[: each // len(dataset.sources)]
            chosen += [replace(items[index], split=None) for index in order]
    return replace(dataset, items=tuple(chosen))


def train_once(dataset: Dataset, test: Dataset, recipe: Recipe, context: TrainingContext) -> dict[str, list[Record]]:
    """The history of a run, and the test figures of each epoch."""
    context.run_dir.path.mkdir(parents=True, exist_ok=True)
    complete = add_missing_splits(dataset, context.run_dir.splits, recipe, keep=False)
    boxes = find_face_boxes(complete)
    splits = make_splits(complete, boxes, recipe)
    sampler = EpochSampler.from_recipe(recipe, splits.train.items)
    state, figures = new_state(recipe, context.distributed, sampler.steps), TestFigures(test, recipe)
    images = TrainDataset(splits.train, boxes, recipe)
    validator = Validator(splits.calibration, boxes, recipe, context.distributed)
    context.console.log(f"{len(splits.train)} training, {len(splits.calibration)} calibration pictures")
    fit(
        state,
        lambda epoch, first: train_loader(images, sampler.batches(epoch, first, 0, 1), context.workers),
        DetectorLoss(recipe.loss, recipe.seed),
        validator.evaluate,
        [figures],
    )
    return {"history": state.history, "test": figures.rows}


def summarize(runs: Sequence[dict[str, list[Record]]]) -> list[str]:
    """Markdown table: mean test figures of every rule over the runs, and the range of the selected epochs."""
    lines = ["| monitor | patience | epochs | AUC | lowest AUC | loss | accuracy |", "|---|---|---|---|---|---|---|"]
    for rule in RULES:
        epochs = [rule.select(run["history"]) for run in runs]
        rows = [run["test"][epoch] for run, epoch in zip(runs, epochs, strict=True)]
        auc, loss, accuracy = (np.array([row[name] for row in rows]) for name in ("auc", "loss", "accuracy"))
        figures = f"{auc.mean():.3f} | {auc.min():.3f} | {loss.mean():.3f} | {accuracy.mean():.3f}"
        patience = str(rule.patience or "none") + (f", from epoch {rule.min_epochs}" if rule.min_epochs else "")
        selected = f"{rule.monitor} | {patience} | {min(epochs) + 1}-{max(epochs) + 1}"
        lines.append(f"| {selected} | {figures} |")
    return lines


def compare(arguments: argparse.Namespace) -> None:
    """Train all seeds, save the histories, and print the table."""
    data = Dataset.load(arguments.data).where(source=arguments.source)
    test = draw(data.where(split="valid"), arguments.each, 0)
    runs = []
    for seed in range(arguments.seeds):
        overrides = {"preprocessing.size": arguments.size, "seed": seed, "fit.patience": 0}
        recipe = Recipe.load("cnn3", **overrides)
        with open_distributed("cpu", arguments.threads) as distributed:
            run_dir = RunDir(arguments.out / f"seed-{seed}")
            context = TrainingContext(recipe, run_dir, distributed, Console(True), arguments.threads, arguments.workers)
            runs.append(train_once(draw(data.where(split="train"), arguments.each, seed), test, recipe, context))
        (arguments.out / "runs.json").write_text(json.dumps(runs), encoding="utf-8")
        print("\n".join(summarize(runs)), flush=True)


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m research.studies.model_selection", description="Compare rules that choose the best epoch."
    )
    parser.add_argument("data", type=Path, help="manifest with the splits train and valid")
    parser.add_argument("--out", type=Path, required=True, help="folder for splits and histories")
    parser.add_argument("--source", nargs="+", default=["faces140k"], help="sources of the pictures")
    parser.add_argument("--each", type=int, default=320, help="pictures of each class in one dataset")
    parser.add_argument("--size", type=int, default=64, help="input size of the network in pixels")
    parser.add_argument("--seeds", type=int, default=8, help="number of datasets and runs")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--workers", type=int, default=0, help="processes that load and augment images")
    run_command(compare, parser.parse_args())


if __name__ == "__main__":
    main()
