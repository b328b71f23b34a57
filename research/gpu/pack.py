"""Pack face crops into shards: for training, held out and of kinds that are never trained on.

    python -m research.gpu.pack DATA --dev DEV --out DIR [--limit 1000] [--held-limit 150]

DIR receives `train-NN.npz`, `held.npz` and `dev.npz`. Training crops are of the split `train` without the groups that
the stable split of the release holds out; those are `held.npz`. The split `valid` is left out. All crops are seen
through the view of `research.release.embeddings` and get the same JPEG quality.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from research.common.command_line import run_command
from research.gpu.shards import Crop, encode, split_by_size, write_shard
from research.release.accurate import NETWORKS, held_out
from research.release.embeddings import VIEW, choose
from unmask.card_reader import read_card
from unmask.datasets import Dataset, LabeledImage
from unmask.datasets.parallel import parallel_map
from unmask.errors import ImageError
from unmask.images import open_image
from unmask.preprocessing import preprocess
from unmask.training.config import Recipe
from unmask.training.data.face_box_cache import FaceBoxes, find_face_boxes

HELD_MOST = 2000
"""Most held-out crops."""


def divide(dataset: Dataset, share: float) -> tuple[list[LabeledImage], list[LabeledImage]]:
    """The images to train on and the held-out ones, both of the split `train`."""
    items = [item for item in dataset if item.split == "train"]
    rows = [(item.name, item.label, item.source, item.group or item.name) for item in items]
    columns = zip(*rows, strict=True)
    held = held_out(dict(zip(("name", "label", "source", "group"), map(np.array, columns), strict=True)), share)
    parts: tuple[list[LabeledImage], list[LabeledImage]] = ([], [])
    for item, away in zip(items, held.tolist(), strict=True):
        parts[away].append(item)
    return parts


def mix(items: Sequence[LabeledImage]) -> list[LabeledImage]:
    """The images in a random order, so that each shard is a sample of all sources."""
    return [items[index] for index in np.random.default_rng(0).permutation(len(items))]


def crop_all(items: Sequence[LabeledImage], boxes: FaceBoxes) -> list[Crop]:
    """The crops of the readable images, in their order."""

    def crop(item: LabeledImage) -> Crop | None:
        try:
            pixels = preprocess(open_image(item.path), boxes.get(item.name), VIEW)
        except ImageError:
            return None
        return Crop(encode(pixels), item.label == "fake", item.source)

    return [found for found in parallel_map(crop, items) if found is not None]


def _pack(arguments: argparse.Namespace) -> None:
    arguments.out.mkdir(parents=True, exist_ok=True)
    dataset, dev = Dataset.load(arguments.data), Dataset.load(arguments.dev)
    card, _ = read_card(NETWORKS)
    fit, held = divide(dataset, Recipe.from_dict(card.recipe).data.hold_out)
    boxes, dev_boxes = find_face_boxes(dataset), find_face_boxes(dev)
    write_shard(arguments.out / "dev.npz", crop_all(list(dev), dev_boxes))
    write_shard(arguments.out / "held.npz", crop_all(mix(choose(held, arguments.held_limit))[:HELD_MOST], boxes))
    for number, crops in enumerate(split_by_size(crop_all(mix(choose(fit, arguments.limit)), boxes))):
        write_shard(arguments.out / f"train-{number:02}.npz", crops)
        print(f"train-{number:02}.npz: {len(crops):,} crops", flush=True)


def main() -> None:
    """Parse the command line and pack the crops."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="manifest of labeled images with splits")
    parser.add_argument("--dev", type=Path, required=True, help="manifest of kinds to evaluate on, never trained on")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--limit", type=int, default=1000, help="training images of each source and class")
    parser.add_argument("--held-limit", type=int, default=150, help="held-out images of each source and class")
    run_command(_pack, parser.parse_args())


if __name__ == "__main__":
    main()
