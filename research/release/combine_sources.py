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
import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.random import Generator
from PIL import Image

from research.common.command_line import run_command
from unmask._files import atomic_path, write_atomic
from unmask.errors import DatasetError
from unmask.progress import progress_bar, track

Row = Mapping[str, str]

COLUMNS = ("file_name", "label", "split", "source", "generator", "group")
RE_ENCODED = ("flux-lora", "generated-photos", "nano-banana")
"""Sources whose fakes are not encoded as real images are."""
RESCALED = ("generated-photos", "nano-banana")
"""Sources of large fakes without real images; they are scaled to sizes at which other sources have real images."""
QUALITY = (75, 96)
"""JPEG quality of images that are encoded anew, as of most real images in the other sources."""
SHORT_SIDE = (256, 512)


def rows(manifest: Path, split: str | None = None) -> list[Row]:
    """The rows of a manifest, of one split if it is given.

    Raises:
        DatasetError: there is no such file.
    """
    if not manifest.is_file():
        raise DatasetError(f"the manifest {manifest} does not exist")
    with manifest.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if split is None or row["split"] == split]


def base_source(name: str) -> str:
    """The source that the images of `name` belong to: `dfdc` for `dfdc-more`."""
    return name.removesuffix("-more")


def combine(home: Path, more: Path, out: Path) -> list[dict[str, str]]:
    """The rows of the combined manifest; images that must be encoded anew are written to `out`."""
    own = rows(home / "manifest.csv")
    judged = {(row["source"], row["group"]) for row in own if row["split"] == "valid"}
    combined = [_row(row, home / row["file_name"], row["group"]) for row in own]
    added = rows(more / "manifest-train.csv")
    with progress_bar() as progress:
        for row in track(added, "combining sources", progress):
            source = base_source(row["source"])
            group = row["group"].removeprefix(f"{row['source']}:")
            if (source, group) in judged:
                continue
            path = more / row["file_name"]
            if source in RE_ENCODED:
                path = _encoded(path, out / "encoded" / f"{path.stem}.jpg", row)
            combined.append(_row(row, path, group))
    return combined


def _row(row: Row, path: Path, group: str) -> dict[str, str]:
    """One row of the combined manifest."""
    kept = {name: row[name] for name in ("label", "split", "generator")}
    return {"file_name": path.resolve().as_posix(), "source": base_source(row["source"]), "group": group, **kept}


def _encoded(source: Path, target: Path, row: Row) -> Path:
    """The image saved as JPEG, at a random size if its source is one of `RESCALED`."""
    if target.exists():
        return target
    rng = np.random.default_rng(int(row["sha256"][:12], 16))
    with Image.open(source) as image:
        pixels = image.convert("RGB")
    if row["source"] in RESCALED:
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


def _table(combined: list[dict[str, str]]) -> Iterator[str]:
    """The lines of the manifest."""
    yield ",".join(COLUMNS)
    for row in combined:
        yield ",".join(f'"{row[name]}"' for name in COLUMNS)


def _combine_command(arguments: argparse.Namespace) -> None:
    arguments.out.mkdir(parents=True, exist_ok=True)
    combined = combine(arguments.data, arguments.more, arguments.out)
    write_atomic(arguments.out / "manifest.csv", ("\n".join(_table(combined)) + "\n").encode())


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
