"""How often `unmask audit` rejects a dataset without faults, and how small a shortcut it detects.

python -m research.studies.audit_errors                 generated file properties, without and with planted faults
python -m research.studies.audit_errors --data DATA     also datasets drawn at random from labeled images
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from unmask.datasets import Dataset, LabeledImage, read_file_properties
from unmask.datasets.file_properties import FileProperties
from unmask.datasets.shortcut_faults import shortcut_faults
from unmask.datasets.shortcuts import measure_shortcuts

DescribedSet = tuple[Dataset, list[FileProperties]]
Change = Callable[[FileProperties], FileProperties]


def random_properties(rng: np.random.Generator) -> FileProperties:
    """Properties of a file as cameras, phones and messengers write it, independent of its class."""
    jpeg = rng.random() < 0.8
    width, height = (256, 256) if rng.random() < 0.3 else rng.integers(200, 3000, 2).tolist()
    quality = int(rng.choice([60, 75, 85, 90, 95]))
    kinds = [kind for kind, share in (("exif", 0.4), ("icc_profile", 0.3), ("xmp", 0.1)) if rng.random() < share]
    return FileProperties(
        sha256=f"{rng.integers(1 << 62):064x}",
        format="JPEG" if jpeg else "PNG",
        width=width,
        height=height,
        mode="RGB" if rng.random() < 0.95 else "L",
        quantization_tables=f"{quality}" if jpeg else "",
        mean_quantization=(100 - quality) / 2 if jpeg else 0.0,
        jpeg_layout=("2x2" if rng.random() < 0.7 else "1x1") if jpeg else "",
        metadata=frozenset(kinds),
        exif_tags=int(rng.integers(1, 30)) if "exif" in kinds else 0,
        mean_color=tuple(rng.normal(110, 35, 3).clip(0, 255).tolist()),
        hash=rng.integers(0, 256, 32, np.uint8),
    )


def random_set(rng: np.random.Generator, each: int) -> DescribedSet:
    """A balanced dataset whose classes have the same distribution of properties."""
    items = tuple(
        LabeledImage(Path(f"{number}"), "fake" if number % 2 else "real", None, "random") for number in range(2 * each)
    )
    return Dataset(items, "random"), [random_properties(rng) for _ in items]


def planted_set(rng: np.random.Generator, each: int, share: float, change: Change) -> DescribedSet:
    """A random dataset in which a share of the fakes is changed."""
    dataset, properties = random_set(rng, each)
    changed = [
        change(entry) if item.label == "fake" and rng.random() < share else entry
        for item, entry in zip(dataset, properties, strict=True)
    ]
    return dataset, changed


PLANTED: dict[str, Change] = {
    "format": lambda entry: replace(
        entry, format="WEBP", quantization_tables="", jpeg_layout="", mean_quantization=0.0
    ),
    "size": lambda entry: replace(entry, width=1024, height=1024),
    "color": lambda entry: replace(entry, mean_color=(entry.mean_color[0] + 80, *entry.mean_color[1:])),
}


def count_faults(draws: Iterator[DescribedSet]) -> tuple[int, int, int]:
    """The number of datasets, of those with a warning, and of those rejected for a shortcut."""
    count = warned = rejected = 0
    for dataset, properties in draws:
        faults = list(shortcut_faults(dataset, properties, measure_shortcuts(dataset, properties, dataset.groups)))
        count, warned, rejected = count + 1, warned + bool(faults), rejected + any(fault.is_error for fault in faults)
    return count, warned, rejected


def print_row(name: str, result: tuple[int, int, int]) -> None:
    """Print one line of the table."""
    count, warned, rejected = result
    print(f"{name:<44} {count:>6} {warned / count:>9.1%} {rejected / count:>9.1%}", flush=True)


def print_drawn(
    rng: np.random.Generator, dataset: Dataset, properties: Sequence[FileProperties], each: int, draws: int
) -> None:
    """Print one line for each source that has enough images of both classes."""
    sources = np.array([item.source for item in dataset])
    for source in dataset.sources:
        pools = [np.flatnonzero((sources == source) & (dataset.labels == label)) for label in (0, 1)]
        if min(map(len, pools)) < each:
            continue
        chosen = (np.concatenate([rng.choice(pool, each, replace=False) for pool in pools]) for _ in range(draws))
        sets = ((dataset.take(indices), [properties[index] for index in indices]) for indices in chosen)
        print_row(f"drawn from {source}", count_faults(sets))


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="labeled images from which datasets are drawn")
    parser.add_argument("--draws", type=int, default=100, help="datasets per row")
    parser.add_argument("--each", type=int, default=40, help="images per class in a dataset")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    print(f"{options.each} images per class" + " " * 25 + "   sets    warned  rejected")
    print_row("random properties", count_faults(random_set(rng, options.each) for _ in range(options.draws)))
    for name, change in PLANTED.items():
        for share in (0.25, 0.5, 1.0):
            sets = (planted_set(rng, options.each, share, change) for _ in range(options.draws))
            print_row(f"{name} differs in {share:.0%} of the fakes", count_faults(sets))
    if options.data:
        dataset = Dataset.load(options.data)
        properties = [entry for entry in read_file_properties(dataset) if isinstance(entry, FileProperties)]
        print_drawn(rng, dataset, properties, options.each, options.draws)


if __name__ == "__main__":
    main()
