"""Every network of the catalogue, trained for the same wall-clock time on the same pictures.

    python benchmarks/baselines.py DATA [--minutes 15] [--work runs/baselines] [--only cnn3,vit] [--out PAGE.md]

Each network follows the shipped recipe of its own name. A short measurement tells how many steps fit into the time;
the run is then planned for exactly that many, so its schedule ends when its time does. Figures are the card's, of the
reported split, through the same detector users run. Runs that are interrupted go on where they were; finished ones
are not repeated. MobileNetV2 also starts from ImageNet weights where `UNMASK_WEIGHTS` holds them.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from unmask.card import ModelCard
from unmask.datasets import Dataset
from unmask.errors import UsageError
from unmask.runtime import open_session
from unmask.training import Recipe, train
from unmask.training.architectures.building import create, start
from unmask.training.architectures.catalogue import CATALOGUE
from unmask.training.boxes import find_boxes
from unmask.training.devices import open_place
from unmask.training.loading import Lessons, lesson_batches
from unmask.training.loop import set_training, step
from unmask.training.run import Run
from unmask.training.sampling import Plan

IMAGENET = "mobilenetv2_1.0_imagenet.npz"
EPOCHS = 6
PUBLISHED = """\
| published | data | accuracy | AUC |
|---|---|---|---|
| simple CNNs | full 140k Real and Fake Faces | 94.6 % | .989 |
| batch-norm CNN | Deepfake and real images (OpenForensics) | 82.7 % | .913 |
| CNN and Xception, a course project | as its authors split it | 81.9 % | – |
"""


@dataclass(frozen=True)
class Row:
    """What a run came to."""

    name: str
    card: ModelCard
    minutes: float
    pictures: int
    milliseconds: float


def main() -> None:
    """Train what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--work", type=Path, default=Path("runs/baselines"))
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    dataset = Dataset.load(arguments.data)
    pool = dataset.subset("train")
    if min(np.bincount(pool.labels, minlength=2)) < 2000:
        print(f"warning: only {np.bincount(pool.labels).tolist()} pictures of each class in the training pool")
    chosen = [name for name in arguments.only.split(",") if name] or [*CATALOGUE, "mobilenetv2-imagenet"]
    rows = [row for name in chosen if (row := run(name, dataset, arguments))]
    table = "\n".join(markdown(rows, arguments.minutes, dataset))
    print(table)
    if arguments.out:
        arguments.out.write_text(table + "\n", encoding="utf-8")


def recipe_for(name: str) -> Recipe | None:
    """The shipped recipe of a network; None where the weights it starts from are not at hand."""
    changes: dict[str, Any] = {"fit.patience": 0, "fit.epochs": EPOCHS, "fit.tiers": ["clean", "web"], "name": name}
    if name != "mobilenetv2-imagenet":
        return Recipe.load(name, **changes)
    here = Path(os.environ.get("UNMASK_WEIGHTS", ".")) / IMAGENET
    return Recipe.load("mobilenetv2", **changes, **{"network.weights": IMAGENET}) if here.is_file() else None


def run(name: str, dataset: Dataset, arguments: argparse.Namespace) -> Row | None:
    """One network: planned, trained, resumed or read back."""
    recipe = recipe_for(name)
    if recipe is None:
        print(f"{name}: skipped, no {IMAGENET} in UNMASK_WEIGHTS")
        return None
    folder, plan = arguments.work / name, arguments.work / f"{name}.json"
    if not plan.exists():
        folder.mkdir(parents=True, exist_ok=True)
        rate = pictures_per_second(recipe, dataset, arguments)
        batch = recipe.fit.batch_size
        per_epoch = max(batch, int(rate * arguments.minutes * 60 / EPOCHS) // batch * batch)
        plan.write_text(json.dumps({"per_epoch": per_epoch, "pictures_per_second": round(rate, 1), "seconds": 0.0}))
    planned = json.loads(plan.read_text())
    print(f"{name}: {planned['pictures_per_second']} pictures/s, {EPOCHS * planned['per_epoch']:,} in all", flush=True)
    recipe = Recipe.load(recipe_file(recipe, planned["per_epoch"], arguments.work / f"{name}.toml"))
    if not (folder / "model.onnx").exists():
        train(
            dataset,
            recipe,
            output=folder,
            device="cpu",
            threads=arguments.threads,
            workers=arguments.workers,
            resume=True,
            force=True,
        )
    card = ModelCard.from_json(open_session((folder / "model.onnx").read_bytes()).metadata["unmask.card"])
    seconds = EPOCHS * planned["per_epoch"] / planned["pictures_per_second"]
    return Row(name, card, seconds / 60, EPOCHS * planned["per_epoch"], milliseconds(folder / "model.onnx"))


def recipe_file(recipe: Recipe, per_epoch: int, path: Path) -> Path:
    """The recipe with its planned length, kept beside the run."""
    from unmask.training.reading import to_toml

    data = recipe.to_dict()
    data["data"]["per_epoch"] = per_epoch
    path.write_text(to_toml(data), encoding="utf-8")
    return path


def pictures_per_second(
    recipe: Recipe, dataset: Dataset, arguments: argparse.Namespace, seconds: float = 25.0
) -> float:
    """Training speed, loading and augmentation included, after a short warm-up."""
    pool = dataset.subset("train")
    if not len(pool):
        raise UsageError("the data have no training split")
    boxes = find_boxes(dataset)
    with open_place("cpu", arguments.threads) as place:
        network = create(recipe.architecture, size=recipe.preparation.size, dropout=recipe.network.dropout)
        start(network, recipe.network)
        plan = Plan(pool.items, recipe.data, recipe.fakes.share, recipe.fit.batch_size, recipe.seed)
        trial = Run(recipe, place, network, plan.steps)
        set_training(trial)
        began, done = 0.0, 0
        for pixels, targets in lesson_batches(Lessons(pool, boxes, recipe), plan.batches(0), arguments.workers):
            step(trial, trial.network, pixels, targets)
            if trial.step == 3:
                began = time.perf_counter()
            done += len(pixels) if trial.step > 3 else 0
            if began and time.perf_counter() - began > seconds:
                break
        return done / (time.perf_counter() - began)


def milliseconds(model: Path, rounds: int = 20) -> float:
    """CPU time of one picture through the model file on one thread."""
    session = open_session(model.read_bytes(), threads=1)
    size = int(session.inputs["pixels"][1])
    pixels = np.zeros((1, size, size, 3), np.uint8)
    session.run(pixels=pixels)
    began = time.process_time()
    for _ in range(rounds):
        session.run(pixels=pixels)
    return (time.process_time() - began) / rounds * 1000


def markdown(rows: list[Row], minutes: float, dataset: Dataset) -> Iterator[str]:
    """The page."""
    yield "# Baselines\n"
    yield f"Every network of the catalogue, {minutes:g} minutes of training on {os.cpu_count()} CPU cores, data"
    yield f"`{dataset.name}` (sha256 {dataset.sha256[:12]}…), PyTorch {torch.__version__}. Made by:\n"
    yield f"    python benchmarks/baselines.py DATA --minutes {minutes:g}\n"
    sources = sorted({source for row in rows for source in row.card.metrics["tiers"]["clean"]["sources"]})
    heads = ["network", "parameters", "pictures seen", "CPU ms", *(f"{source} AUC / acc." for source in sources)]
    heads += [f"{tier} AUC / acc." for tier in ("clean", "web", "hard")]
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in rows:
        tiers = row.card.metrics["tiers"]
        entry = CATALOGUE[row.card.recipe["architecture"]]
        cells = [row.name, f"{entry.parameters:,}", f"{row.pictures:,}", f"{row.milliseconds:.1f}"]
        cells += [figures(tiers["clean"]["sources"].get(source, {})) for source in sources]
        cells += [figures(tiers[tier]["all"]) for tier in ("clean", "web", "hard")]
        yield "| " + " | ".join(cells) + " |"
    yield "\nColumns of sources are of the clean tier. CPU ms: one picture, one thread, model alone. A picture in which"
    yield "no face is found counts as wrong.\n"
    yield PUBLISHED


def figures(scope: dict[str, Any]) -> str:
    """AUC and accuracy of a scope."""
    return " / ".join(f"{scope[name][0]:.3f}" if name in scope else "–" for name in ("auc", "accuracy"))


if __name__ == "__main__":
    main()
