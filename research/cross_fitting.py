"""Find fakes that resemble real images by cross-fitting, and write a manifest that samples them less often.

    python -m research.cross_fitting DATA --sources dfdc --recipe mobilenetv2 --out runs/crossfit
    unmask train runs/crossfit/manifest.csv --recipe default --output runs/default

The training split is divided into folds by groups. Each fold is scored by a network trained on the other folds. A
fake is hardly altered if its score is below the median of the real images of its source and fold. The same command
resumes an interrupted run.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from research.common.command_line import run_command
from unmask.datasets import Dataset, assign_folds, hold_out
from unmask.datasets.splitting import HashesByName, read_hashes
from unmask.errors import UsageError
from unmask.training.config import Recipe
from unmask.training.console import Console
from unmask.training.context import TrainingContext
from unmask.training.data.face_box_cache import FaceBoxes, find_face_boxes
from unmask.training.data.splits import DataSplits, write_manifest
from unmask.training.engine.distributed import open_distributed
from unmask.training.engine.validation import Array, Validator, roc_auc
from unmask.training.pipeline import fit_model
from unmask.training.run_dir import RunDir


def cross_fit(
    dataset: Dataset,
    boxes: FaceBoxes,
    folds: NDArray[np.int64],
    context: TrainingContext,
    hashes: HashesByName | None = None,
) -> Array:
    """Logit of each image, `[N]`, by a network that was trained neither on it nor on its group.

    Args:
        dataset: readable training images.
        boxes: their face boxes.
        folds: the fold of each image, `[N]`; every group lies in one fold.
        context: context of the runs; each fold has a subfolder of its folder.
        hashes: difference hashes of the images; None computes them.
    """
    recipe, distributed, workers = context.recipe, context.distributed, context.workers
    logits = np.empty(len(dataset))
    for fold in range(int(folds.max()) + 1):
        inside = folds == fold
        scored, others = dataset.take(np.flatnonzero(inside)), dataset.take(np.flatnonzero(~inside))
        stable = recipe.data.stable_split
        train, calibration = hold_out(others, recipe.data.hold_out, recipe.seed, stable=stable, hashes=hashes)
        splits = DataSplits(train, calibration, scored, f"fold {fold}", boxes)
        run = replace(context, run_dir=RunDir(context.run_dir.path / f"fold-{fold}"))
        with run.run_dir.locked():
            run.run_dir.prepare(recipe, resume=True)
            state = fit_model(run, splits, Validator(calibration, boxes, recipe, distributed, workers))
        validator = Validator(scored, boxes, recipe, distributed, workers)
        logits[inside] = validator.network_logits(state.ema_model, "clean")
        auc = roc_auc(scored.labels, logits[inside])
        context.console.log(f"fold {fold}: AUC {auc:.3f} on {len(scored):,} images")
    return logits


def find_hardly_altered(dataset: Dataset, logits: Array, folds: NDArray[np.int64]) -> set[str]:
    """Names of the fakes whose logit is below the median of the real images of the same source and fold.

    Logits of different networks are not compared with each other.

    Args:
        dataset: the images.
        logits: logits of each image, `[N]`, by a network that was not trained on it.
        folds: fold of each image, `[N]`.
    """
    sources, found = np.array([item.source for item in dataset]), set()
    for fold in np.unique(folds):
        for source in dataset.sources:
            members = (folds == fold) & (sources == source)
            real = logits[members & (dataset.labels == 0)]
            if real.size:
                low = np.flatnonzero(members & (dataset.labels == 1) & (logits < np.median(real)))
                found |= {dataset.items[index].name for index in low}
    return found


def scale_weights(dataset: Dataset, names: set[str], factor: float) -> Dataset:
    """The dataset with the sampling weights of the named images multiplied by `factor`."""
    items = (replace(item, weight=item.weight * factor) if item.name in names else item for item in dataset)
    return replace(dataset, items=tuple(items))


def select_images(dataset: Dataset, boxes: FaceBoxes, sources: list[str] | None) -> Dataset:
    """The readable training images of some sources; None selects all sources.

    Raises:
        UsageError: a source has no training images.
    """
    training = dataset.where(split="train" if "train" in dataset.splits else None)
    if missing := set(sources or ()) - set(training.sources):
        there = ", ".join(training.sources)
        raise UsageError(f"no training pictures of {', '.join(sorted(missing))}; there are {there}")
    training = training.where(source=sources or training.sources)
    return replace(training, items=tuple(item for item in training if item.name in boxes))


def write_weighted_manifest(arguments: argparse.Namespace) -> None:
    """Cross-fit, and write the manifest with the changed sampling weights."""
    dataset, console = Dataset.load(arguments.data), Console(True)
    with console.progress_bar() as progress:
        boxes = find_face_boxes(dataset, progress=progress, log=console.log)
    training = select_images(dataset, boxes, arguments.sources)
    recipe = Recipe.load(arguments.recipe)
    hashes = read_hashes(training)
    folds = assign_folds(training, arguments.folds, recipe.seed, hashes=hashes)
    with open_distributed("cpu", arguments.threads) as distributed:
        run_dir = RunDir(arguments.out)
        context = TrainingContext(recipe, run_dir, distributed, console, arguments.threads, arguments.workers)
        names = find_hardly_altered(training, cross_fit(training, boxes, folds, context, hashes), folds)
    fakes = int((training.labels == 1).sum())
    console.log(f"{len(names):,} of {fakes:,} fakes are hardly altered; weight multiplied by {arguments.weight:g}")
    write_manifest(scale_weights(dataset, names, arguments.weight), arguments.out / "manifest.csv")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m research.cross_fitting", description="Sample hardly altered fakes less often."
    )
    parser.add_argument("data", type=Path, help="labeled images: a folder or a manifest")
    parser.add_argument("--out", type=Path, required=True, help="folder for the runs of the networks and manifest.csv")
    parser.add_argument("--recipe", required=True, help="recipe of the networks: a name or a file")
    parser.add_argument("--sources", nargs="+", metavar="SOURCE", help="sources to use; default: all")
    parser.add_argument("--folds", type=int, default=2, help="number of folds; at least 2")
    parser.add_argument("--weight", type=float, default=0.25, help="factor of the weights of hardly altered fakes")
    parser.add_argument("--threads", type=int, help="CPU threads")
    parser.add_argument("--workers", type=int, default=0, help="processes that load and augment images")
    run_command(write_weighted_manifest, parser.parse_args())


if __name__ == "__main__":
    main()
