"""Write the hashes of a released model's training images, which `unmask evaluate` and `unmask audit` compare with.

    python -m research.release.training_hashes MODEL.onnx DATA --out models/default.hashes.npz

DATA is the dataset that the model was trained on. The training split is made anew from the recipe in the model's
card, and must have the digest that the card states. `--limit` keeps a random sample, because a hash has 32 bytes:
shorter hashes are not used, because with 64 bits and the radius that finds 9 in 10 near duplicates, 1 to 20 % of 2,000
unrelated face images match one of 65,000 others, with 256 bits none.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from research.common.command_line import run_command
from unmask._files import write_atomic
from unmask.card import ModelCard
from unmask.card_reader import read_card
from unmask.datasets import Dataset, hold_out
from unmask.datasets.splitting import read_hashes
from unmask.datasets.training_hashes import TrainingHashes
from unmask.errors import DatasetError
from unmask.training.config import Recipe
from unmask.training.data.splits import filter_training_images

LIMIT = 8000
"""Number of hashes in the files of shipped models: 256 KB."""


def training_split(dataset: Dataset, card: ModelCard) -> Dataset:
    """The images that a model was trained on.

    Raises:
        DatasetError: the training split of the dataset is not that of the card.
    """
    recipe = Recipe.from_dict(card.recipe)
    filtered = filter_training_images(dataset, recipe.data.only)
    if {"valid", "test"} <= set(dataset.splits):
        train = filtered.subset("train")
    else:
        train, _ = hold_out(filtered, recipe.data.hold_out, recipe.seed, stable=recipe.data.stable_split)
    stated = card.training_data["lessons"]["sha256"]
    if train.sha256 != stated:
        raise DatasetError(
            f"{dataset.name}: its training split has the digest {train.sha256[:12]}…, the card of {card.name} states "
            f"{stated[:12]}…; give the data that the model was trained on"
        )
    return train


def _hash_command(arguments: argparse.Namespace) -> None:
    card, _ = read_card(arguments.model)
    train = training_split(Dataset.load(arguments.data), card)
    hashes = TrainingHashes.of(train, read_hashes(train)).sample(arguments.limit)
    write_atomic(arguments.out, hashes.to_bytes())
    sys.stdout.write(f"{arguments.out}: {len(hashes.hashes):,} of {hashes.trained_on:,} training images\n")


def main() -> None:
    """Parse the command line and write the file."""
    parser = argparse.ArgumentParser(
        prog="python -m research.release.training_hashes", description="Write the hashes of a model's training images."
    )
    parser.add_argument("model", help="name or file of the model")
    parser.add_argument("data", type=Path, help="folder or manifest of the dataset it was trained on")
    parser.add_argument("--limit", type=int, default=LIMIT, help="largest number of hashes; default %(default)s")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    run_command(_hash_command, parser.parse_args())


if __name__ == "__main__":
    main()
