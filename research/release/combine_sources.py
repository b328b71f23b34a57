"""Combine the home dataset and the further sources into one training folder.

    python -m research.release.combine_sources HOME MORE --out DIR

HOME is a folder with `manifest.csv` (four sources, splits `train` and `valid`); MORE is a folder with
`manifest-train.csv` in the same columns. DIR receives `manifest.csv`, whose paths point into HOME and MORE, and
`encoded/` with the images that had to be encoded anew. Finished images are kept, so that the command can be repeated.

What is changed, so that neither size nor encoding separates the classes:

* A source named `NAME-more` joins the source `NAME`; dfdc groups (the original video) then agree across both.
* Images of a group whose other images are in `valid` are left out.
* All images of `RE_ENCODED` sources are saved as JPEG at random qualities. Those of `RESCALED` sources, which have no
  real images, also get random sizes from 256 pixels up.
"""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image

from research.common.command_line import run_command
from unmask._files import atomic_path
from unmask.datasets import Dataset, LabeledImage
from unmask.progress import progress_bar, track
from unmask.training.data.splits import write_manifest

RE_ENCODED = ("flux-lora", "generated-photos", "nano-banana")
"""Sources whose fakes are not encoded as real images are."""
RESCALED = ("generated-photos", "nano-banana")
"""Sources of large fakes without real images; they are scaled to sizes at which other sources have real images."""
QUALITY = (75, 96)
"""JPEG quality of images that are encoded anew, as of most real images in the other sources."""
SHORT_SIDE = (256, 512)


def base_source(name: str) -> str:
    """The source that the images of `name` belong to: `dfdc` for `dfdc-more`."""
    return name.removesuffix("-more")


def combine(home: Dataset, more: Dataset, out: Path) -> Dataset:
    """Both datasets as one; images that must be encoded anew are written to `out`."""
    judged = {(item.source, item.group) for item in home if item.split == "valid"}
    items = list(home)
    with progress_bar() as progress:
        for item in track(more.items, "combining sources", progress):
            joined = replace(
                item, source=base_source(item.source), group=(item.group or "").removeprefix(f"{item.source}:") or None
            )
            if (joined.source, joined.group) in judged:
                continue
            if joined.source in RE_ENCODED:
                joined = replace(joined, path=_encoded(item.path, out / "encoded" / f"{item.path.stem}.jpg", joined))
            items.append(joined)
    return replace(home, items=tuple(items), name="combined")


def _encoded(source: Path, target: Path, item: LabeledImage) -> Path:
    """The image saved as JPEG, at a random size if its source is one of `RESCALED`; its name decides both."""
    if target.exists():
        return target
    rng = np.random.default_rng(int(hashlib.sha256(item.name.encode()).hexdigest()[:12], 16))
    with Image.open(source) as image:
        pixels = image.convert("RGB")
    if item.source in RESCALED:
        pixels = _rescaled(pixels, rng)
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as temporary, temporary.open("wb") as file:
        pixels.save(file, "JPEG", quality=int(rng.integers(*QUALITY)))
    return target


def _rescaled(image: Image.Image, rng: Generator) -> Image.Image:
    """The image at a random smaller size, with a random filter."""
    short = float(np.exp(rng.uniform(*np.log(SHORT_SIDE))))
    scale = min(1.0, short / min(image.size))
    size = round(image.width * scale), round(image.height * scale)
    return image.resize(
        size, rng.choice([Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS])
    )


def _combine_command(arguments: argparse.Namespace) -> None:
    arguments.out.mkdir(parents=True, exist_ok=True)
    more = Dataset.from_manifest(arguments.more / "manifest-train.csv")
    write_manifest(combine(Dataset.load(arguments.data), more, arguments.out), arguments.out / "manifest.csv")


def main() -> None:
    """Parse the command line and write the combined folder."""
    parser = argparse.ArgumentParser(
        prog="python -m research.release.combine_sources", description="Combine sources into one training folder."
    )
    parser.add_argument("data", type=Path, help="folder with manifest.csv")
    parser.add_argument("more", type=Path, help="folder with manifest-train.csv")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    run_command(_combine_command, parser.parse_args())


if __name__ == "__main__":
    main()
