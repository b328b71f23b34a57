"""How often the audit refuses a clean set, how small a shortcut it finds, and how long it takes.

python -m benchmarks.audit                     random files without a fault, and with planted ones
python -m benchmarks.audit --data DATA         the same on sets drawn from real pictures, and the times for all of them
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from unmask.datasets import Dataset, LabeledImage, audit, framing_sample, measure_framings, read_file_properties
from unmask.datasets.checks import shortcut_faults
from unmask.datasets.file_properties import FileProperties
from unmask.datasets.near_duplicates import close_pairs
from unmask.datasets.shortcuts import measure

Drawn = tuple[Dataset, list[FileProperties]]


def random_facts(rng: np.random.Generator) -> FileProperties:
    """A file as cameras, phones and messengers write them, its class unknown."""
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
        tables=f"{quality}" if jpeg else "",
        coarseness=(100 - quality) / 2 if jpeg else 0.0,
        layout=("2x2" if rng.random() < 0.7 else "1x1") if jpeg else "",
        metadata=frozenset(kinds),
        tags=int(rng.integers(1, 30)) if "exif" in kinds else 0,
        colour=tuple(rng.normal(110, 35, 3).clip(0, 255).tolist()),
        hash=rng.integers(0, 256, 32, np.uint8),
    )


def random_set(rng: np.random.Generator, each: int) -> Drawn:
    """As many files of each class, alike in everything."""
    items = [
        LabeledImage(Path(f"{number}"), "fake" if number % 2 else "real", None, "random") for number in range(2 * each)
    ]
    return Dataset(tuple(items), "random"), [random_facts(rng) for _ in items]


def planted(
    rng: np.random.Generator, each: int, share: float, change: Callable[[FileProperties], FileProperties]
) -> Drawn:
    """The same with a share of the fakes changed."""
    dataset, facts = random_set(rng, each)
    changed = [
        change(fact) if item.label == "fake" and rng.random() < share else fact
        for item, fact in zip(dataset, facts, strict=True)
    ]
    return dataset, changed


FAULTS: dict[str, Callable[[FileProperties], FileProperties]] = {
    "format": lambda fact: replace(fact, format="WEBP", tables="", layout="", coarseness=0.0),
    "size": lambda fact: replace(fact, width=1024, height=1024),
    "colour": lambda fact: replace(fact, mean_color=(fact.mean_color[0] + 80, fact.mean_color[1], fact.mean_color[2])),
}


def verdicts(draws: Iterator[Drawn]) -> tuple[int, int, int]:
    """How many sets were drawn, warned of, and refused for a shortcut."""
    count = warned = refused = 0
    for dataset, facts in draws:
        faults = list(shortcut_faults(dataset, facts, measure(dataset, facts, dataset.groups)))
        count, warned, refused = count + 1, warned + bool(faults), refused + any(fault.refuses for fault in faults)
    return count, warned, refused


def row(name: str, result: tuple[int, int, int]) -> None:
    """One line of the table."""
    count, warned, refused = result
    print(f"{name:<44} {count:>6} {warned / count:>9.1%} {refused / count:>9.1%}", flush=True)


def from_pictures(
    rng: np.random.Generator, dataset: Dataset, facts: Sequence[FileProperties], each: int, draws: int
) -> None:
    """Sets drawn from the sources of real pictures."""
    sources = np.array([item.source for item in dataset])
    for source in dataset.sources:
        pools = [np.flatnonzero((sources == source) & (dataset.labels == label)) for label in (0, 1)]
        if min(map(len, pools)) < each:
            continue
        chosen = (np.concatenate([rng.choice(pool, each, replace=False) for pool in pools]) for _ in range(draws))
        row(
            f"drawn from {source}",
            verdicts((dataset.take(places), [facts[place] for place in places]) for places in chosen),
        )


def times(dataset: Dataset) -> list[FileProperties]:
    """CPU times of the audit's parts; what was read."""
    started = time.process_time()
    facts = [fact for fact in read_file_properties(dataset) if isinstance(fact, FileProperties)]
    read = time.process_time() - started
    started = time.process_time()
    pairs = close_pairs(np.stack([fact.hash for fact in facts]))
    search = time.process_time() - started
    started = time.process_time()
    framings = dict(measure_framings(framing_sample(dataset)))
    faces = time.process_time() - started
    started = time.process_time()
    found = audit(dataset, facts, framings)
    whole = time.process_time() - started
    print(f"\n{len(dataset):,} pictures, CPU seconds: read {read:.1f}, look for {len(framings):,} faces {faces:.1f},")
    print(f"near-duplicate search {search:.1f} ({len(pairs)} pairs), all checks with that search {whole:.1f};")
    print(f"{len(found.faults)} faults")
    return facts


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="labelled pictures to draw sets from")
    parser.add_argument("--draws", type=int, default=100, help="sets per row")
    parser.add_argument("--each", type=int, default=40, help="pictures per class in a set")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    print(f"{options.each} pictures per class" + " " * 23 + "   sets    warned   refused")
    row("random files without a fault", verdicts(random_set(rng, options.each) for _ in range(options.draws)))
    for name, change in FAULTS.items():
        for share in (0.25, 0.5, 1.0):
            sets = (planted(rng, options.each, share, change) for _ in range(options.draws))
            row(f"{name} of {share:.0%} of the fakes differs", verdicts(sets))
    if options.data:
        dataset = Dataset.load(options.data)
        facts = times(dataset)
        from_pictures(rng, dataset, facts, options.each, options.draws)


if __name__ == "__main__":
    main()
