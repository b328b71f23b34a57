"""Find fakes that cannot be learnt, and write a manifest that draws them less often.

    python -m research.cross_fitting DATA --sources dfdc --recipe mobilenetv2 --out runs/crossfit
    unmask train runs/crossfit/manifest.csv --recipe default --output runs/default

The training pictures are divided into folds, no group in two of them, and each fold is scored by a network that learnt
from the others. A fake that looks more real to such a network than half of the real pictures of its source is hardly
altered, or not at all, and teaches little but noise. An interrupted command goes on where it was.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from unmask.training.commands import run_command
from unmask.training.watching import Console

from unmask.datasets import Dataset, assign_folds, hold_out
from unmask.datasets.splitting import HashesByName, read_hashes
from unmask.errors import UsageError
from unmask.training.config import Recipe
from unmask.training.context import TrainingContext
from unmask.training.data.face_box_cache import FaceBoxes, find_face_boxes
from unmask.training.data.splits import DataSplits, write_manifest
from unmask.training.engine.distributed import open_distributed
from unmask.training.engine.validation import Array, Validator, roc_auc
from unmask.training.pipeline import learn
from unmask.training.run_dir import RunDir


def score_crosswise(
    taught: Dataset, boxes: FaceBoxes, folds: NDArray[np.int64], context: TrainingContext, known: HashesByName | None = None
) -> Array:
    """Logit of each picture by a network that has seen neither it nor its group, `[N]`.

    Args:
        taught: readable training pictures.
        boxes: where their faces are.
        folds: the fold of each picture, `[N]`; a group lies in one.
        context: where it happens; the networks' folders are made in its folder.
        known: difference hashes of the pictures; None reads them.
    """
    logits = np.empty(len(taught))
    for fold in range(int(folds.max()) + 1):
        here = folds == fold
        scored, others = taught.take(np.flatnonzero(here)), taught.take(np.flatnonzero(~here))
        recipe = context.recipe
        lessons, held_out = hold_out(
            others, recipe.data.hold_out, recipe.seed, stable=recipe.data.lasting, hashes=known
        )
        parts = DataSplits(lessons, held_out, scored, f"fold {fold}", boxes)
        room = replace(context, folder=RunDir(context.folder.path / f"fold-{fold}"))
        with room.folder.claimed():
            room.folder.open(recipe, resume=True)
            run = learn(room, parts, Validator(held_out, boxes, recipe, context.place, context.workers))
        logits[here] = Validator(scored, boxes, recipe, context.place, context.workers).network_logits(run.average, "clean")
        context.watching.say(f"fold {fold}: AUC {roc_auc(scored.labels, logits[here]):.3f} of {len(scored):,} pictures")
    return logits


def hardly_altered(taught: Dataset, logits: Array, folds: NDArray[np.int64]) -> set[str]:
    """Names of the fakes below the median of the real pictures of the same source and fold.

    Logits of different networks are not compared with each other.

    Args:
        taught: the pictures.
        logits: of each, `[N]`, by a network that has not seen it.
        folds: of each, `[N]`.
    """
    sources, found = np.array([item.source for item in taught]), set()
    for fold in np.unique(folds):
        for source in taught.sources:
            here = (folds == fold) & (sources == source)
            real = logits[here & (taught.labels == 0)]
            if real.size:
                low = np.flatnonzero(here & (taught.labels == 1) & (logits < np.median(real)))
                found |= {taught.items[index].name for index in low}
    return found


def weigh(dataset: Dataset, names: set[str], weight: float) -> Dataset:
    """The data set with the weights of these pictures multiplied."""
    items = (replace(item, weight=item.weight * weight) if item.name in names else item for item in dataset)
    return replace(dataset, items=tuple(items))


def make(arguments: argparse.Namespace) -> None:
    """From a data set to the same with weights."""
    dataset = Dataset.load(arguments.data)
    watching = Console(True)
    boxes = find_face_boxes(dataset, watch=watching.over, say=watching.say)
    taught = dataset.where(split="train" if "train" in dataset.splits else None)
    if missing := set(arguments.sources or ()) - set(taught.sources):
        raise UsageError(f"no training pictures of {', '.join(sorted(missing))}; there are {', '.join(taught.sources)}")
    taught = taught.where(source=arguments.sources or taught.sources)
    taught = replace(taught, items=tuple(item for item in taught if item.name in boxes))
    recipe = Recipe.load(arguments.recipe)
    known = read_hashes(taught)
    folds = assign_folds(taught, arguments.folds, recipe.seed, hashes=known)
    with open_distributed("cpu", arguments.threads) as place:
        context = TrainingContext(recipe, RunDir(arguments.out), place, Console(True), arguments.threads, arguments.workers)
        low = hardly_altered(taught, score_crosswise(taught, boxes, folds, context, known), folds)
        fakes = int((taught.labels == 1).sum())
        context.watching.say(
            f"{len(low):,} of {fakes:,} fakes are hardly altered: drawn {arguments.weight:g} times as often"
        )
    write_manifest(weigh(dataset, low, arguments.weight), arguments.out / "manifest.csv")


def main() -> None:
    """Read the command line and make."""
    parser = argparse.ArgumentParser(
        prog="python -m research.cross_fitting", description="SampleSpec fakes that cannot be learnt less often."
    )
    parser.add_argument("data", type=Path, help="labelled pictures: a folder or a manifest")
    parser.add_argument("--out", type=Path, required=True, help="folder for the networks' runs and manifest.csv")
    parser.add_argument("--recipe", required=True, help="what the networks follow: a recipe's name or file")
    parser.add_argument("--sources", nargs="+", metavar="SOURCE", help="sources to learn and to weigh; default: all")
    parser.add_argument("--folds", type=int, default=2, help="a network for each; at least 2")
    parser.add_argument("--weight", type=float, default=0.25, help="factor for the weights of what is hardly altered")
    parser.add_argument("--threads", type=int, help="CPU threads")
    parser.add_argument("--workers", type=int, default=0, help="processes that read and augment pictures")
    run_command(make, parser.parse_args())


if __name__ == "__main__":
    main()
