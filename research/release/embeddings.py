"""Embed the images of a manifest with the image tower of CLIP, for the linear head of `accurate`.

    python -m research.release.embeddings DATA --out DIR [--limit N]

DIR receives `embeddings-NNN.npz` files of up to 1,000 images: names, labels, sources, splits, groups and the embeddings
of `ClipTower`, `[N, WIDTH]` in 16 bits. Finished files are kept, so that an interrupted run continues. `--limit` keeps
at most N images of each source and class, chosen by a hash of their names. Images of the split `valid` are left out.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from research.common.command_line import run_command
from unmask._files import atomic_path
from unmask.datasets import Dataset, LabeledImage
from unmask.errors import ImageError
from unmask.faces import FaceDetector
from unmask.images import open_image
from unmask.preprocessing import Preprocessing, preprocess
from unmask.progress import progress_bar, track
from unmask.runtime.clip_tower import ClipTower

VIEW = Preprocessing(size=224, margin=1.5, min_side=224)
SHARD = 1000


def choose(items: Sequence[LabeledImage], limit: int) -> list[LabeledImage]:
    """At most `limit` images of each source and class, in an order that mixes the strata; 0 keeps all."""
    strata = defaultdict(list)
    for item in items:
        strata[item.source, item.label].append(item)
    kept = [item for members in strata.values() for item in sorted(members, key=_rank)[: limit or None]]
    return sorted(kept, key=_rank)


def _rank(item: LabeledImage) -> bytes:
    return hashlib.sha256(item.name.encode()).digest()


def embed(items: Sequence[LabeledImage], tower: ClipTower, faces: FaceDetector) -> dict[str, NDArray[Any]]:
    """The embeddings of readable images with their labels, one array per column."""
    rows, crops = [], []
    for item in items:
        try:
            picture = open_image(item.path)
            crops.append(preprocess(picture, faces.largest_box(picture), VIEW))
        except ImageError:
            continue
        rows.append((item.name, item.label, item.source, item.split or "", item.group or item.name))
    columns = zip(*rows, strict=True)
    found = {
        name: np.array(column)
        for name, column in zip(("name", "label", "source", "split", "group"), columns, strict=True)
    }
    return found | {"embedding": tower.embed(np.stack(crops)).astype(np.float16)}


def load(folder: Path) -> dict[str, NDArray[Any]]:
    """All columns of the files in a folder, concatenated."""
    parts = [np.load(file) for file in sorted(folder.glob("embeddings-*.npz"))]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0].files}


def _embed_command(arguments: argparse.Namespace) -> None:
    arguments.out.mkdir(parents=True, exist_ok=True)
    dataset = Dataset.load(arguments.data)
    items = choose([item for item in dataset if item.split != "valid"], arguments.limit)
    tower, faces = ClipTower.load(threads=1), FaceDetector.load(threads=1)
    starts = range(0, len(items), SHARD)
    with progress_bar() as progress:
        for number, start in enumerate(track(starts, f"embedding {len(items):,} images, files", progress)):
            file = arguments.out / f"embeddings-{number:03}.npz"
            if not file.exists():
                with atomic_path(file) as temporary, temporary.open("wb") as stream:
                    np.savez(stream, allow_pickle=False, **embed(items[start : start + SHARD], tower, faces))


def main() -> None:
    """Parse the command line and embed the images."""
    parser = argparse.ArgumentParser(
        prog="python -m research.release.embeddings", description="Embed images with CLIP."
    )
    parser.add_argument("data", type=Path, help="folder or manifest of labeled images")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--limit", type=int, default=0, help="images of each source and class; 0 for all")
    run_command(_embed_command, parser.parse_args())


if __name__ == "__main__":
    main()
