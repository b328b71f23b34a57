"""Train every architecture for the same wall-clock time on the same images and measure it.

    python -m research.studies.baselines DATA --only cnn3 --out docs/baselines.md   # one row, then update the page
    python -m research.studies.baselines DATA --out docs/baselines.md               # all missing rows
    python -m research.studies.baselines --out docs/baselines.md                    # only the page; needs no PyTorch
    python -m research.studies.baselines DATA --minutes 1 --results /tmp/try --work /tmp/try    # a separate trial

Each network uses the shipped recipe of the same name. A short measurement gives the number of steps that fit into the
time; the run and its schedule have exactly that many steps. The table shows the planned time and the measured time. All
figures come from the model card: they are measured on the reported split by the same detector that users run.

A finished row is kept in the folder --results and is not computed again. Rows with other conditions (minutes, data,
threads, loader processes) are refused. An interrupted run is resumed if --work still exists. A row takes longer than
its minutes, because face search, audit, validation and evaluation are not counted. The row mobilenetv2-imagenet needs
mobilenetv2_1.0_imagenet.npz in the folder that UNMASK_WEIGHTS names.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from research.studies.baselines.page import blocks, fill
from research.studies.baselines.rows import NETWORKS, Conditions, read_rows, write_row
from unmask.datasets import Dataset
from unmask.errors import RecipeError

RESULTS = Path(__file__).parent / "results"
ENOUGH = 2000
"""Minimum number of training images of each class; with fewer, a warning is printed."""


def main(given: Sequence[str] | None = None) -> None:
    """Compute the missing rows, then write or print the tables."""
    arguments = parse(given)
    if arguments.out:  # before training, so that a page without the marks fails at once
        write_page(arguments.results, arguments.out)
    if arguments.data:
        compute_missing(arguments)
    if not arguments.out:
        print("\n".join(blocks(read_rows(arguments.results)).values()), end="")


def parse(given: Sequence[str] | None) -> argparse.Namespace:
    """Parse and check the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "data", type=Path, nargs="?", help="labeled images with splits; without it only the page is written"
    )
    parser.add_argument("--only", default="", metavar="A,B", help=f"rows to compute: {', '.join(NETWORKS)}")
    parser.add_argument("--minutes", type=float, default=15.0, help="training time of each network (15)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="training threads (one per core)")
    parser.add_argument("--workers", type=int, default=1, help="processes that load and augment images (1)")
    parser.add_argument("--work", type=Path, default=Path("runs/baselines"), help="folder of the runs (runs/baselines)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the finished rows (next to this file)")
    parser.add_argument("--out", type=Path, help="page whose tables are updated; without it they are printed")
    arguments = parser.parse_args(given)
    if arguments.only and not arguments.data:
        parser.error("--only needs DATA to train on; add it or remove --only")
    arguments.only = [name for name in arguments.only.split(",") if name] or list(NETWORKS)
    if unknown := [name for name in arguments.only if name not in NETWORKS]:
        parser.error(f"--only: unknown network {', '.join(unknown)}; choose from {', '.join(NETWORKS)}")
    return arguments


def compute_missing(arguments: argparse.Namespace) -> None:
    """Compute each requested row that is missing, and save it as soon as it is finished."""
    dataset = Dataset.load(arguments.data)
    real, fake = np.bincount(dataset.subset("train").labels, minlength=2).tolist()
    pool = {"data": dataset.name, "sha256": dataset.sha256, "real": real, "fake": fake}
    conditions = Conditions(arguments.minutes, **pool, threads=arguments.threads, workers=arguments.workers)
    done = read_rows(arguments.results, conditions)
    missing = [name for name in arguments.only if name not in done]
    log(f"{conditions}; finished rows: {', '.join(done) or 'none'}")
    if not missing:
        return
    from research.studies.baselines.training import train_row

    if min(real, fake) < ENOUGH:
        log(f"warning: only {real} real and {fake} fake images to train on")
    began = time.monotonic()
    for number, name in enumerate(missing):
        log(f"row {number + 1} of {len(missing)}, {name}: {remaining(began, number, len(missing), conditions.minutes)}")
        try:
            write_row(train_row(name, dataset, conditions, arguments.work), arguments.results)
        except RecipeError as error:
            log(f"{name} is omitted: {error}")
        if arguments.out:
            write_page(arguments.results, arguments.out)


def remaining(began: float, done: int, rows: int, minutes: float) -> str:
    """Estimate the remaining time from the rows finished by this process, or from the minutes of each row."""
    each = (time.monotonic() - began) / 60 / done if done else minutes
    return f"{'about' if done else 'more than'} {each * (rows - done):.0f} minutes left"


def write_page(results: Path, page: Path) -> None:
    """Update the tables of a page; its other text is kept."""
    page.write_text(fill(page.read_text("utf-8"), read_rows(results)), "utf-8")


def log(text: str) -> None:
    """Print one line of progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
