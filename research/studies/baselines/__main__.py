"""Every network of the catalogue, trained for the same wall-clock time on the same pictures.

    python -m research.studies.baselines DATA --only cnn3 --out docs/baselines.md     # one row, and the page with it
    python -m research.studies.baselines DATA --out docs/baselines.md                 # all rows that are missing
    python -m research.studies.baselines --out docs/baselines.md                      # the page alone: no data, no PyTorch
    python -m research.studies.baselines DATA --minutes 1 --results /tmp/try --work /tmp/try    # a trial apart

Each network follows the shipped recipe of its own name. A short measurement tells how many steps fit into the time;
the run is planned for exactly that many, so its schedule ends when its time does. The time it then took is measured
and stands in the table beside the plan. Figures are the card's, of the reported split, through the detector users run.

A finished row is kept in the folder --results and never made again; rows made under other conditions (minutes, data,
threads, loader processes) are refused. A run that was interrupted goes on where it was, as long as --work is kept.
A row takes longer than its minutes: faces are found once, and audits, validation and evaluation are not counted.
The row mobilenetv2-imagenet needs mobilenetv2_1.0_imagenet.npz in the folder that UNMASK_WEIGHTS names.
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
"""Fewer pictures of a class teach no network much."""


def main(given: Sequence[str] | None = None) -> None:
    """Make the rows that are missing, then the page."""
    arguments = parse(given)
    if arguments.out:  # first of all, so that a page without a place for the rows is found before hours of training
        write_page(arguments.results, arguments.out)
    if arguments.data:
        make_missing(arguments)
    if not arguments.out:
        print("\n".join(blocks(read_rows(arguments.results)).values()), end="")


def parse(given: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", help="labelled pictures, split; without it only the page is made")
    parser.add_argument("--only", default="", metavar="A,B", help=f"some of: {', '.join(NETWORKS)}")
    parser.add_argument("--minutes", type=float, default=15.0, help="of learning for each network (15)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="that learn (one for each core)")
    parser.add_argument("--workers", type=int, default=1, help="processes that read and augment pictures (1)")
    parser.add_argument("--work", type=Path, default=Path("runs/baselines"), help="folder of runs (runs/baselines)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of finished rows (beside this file)")
    parser.add_argument("--out", type=Path, help="page whose table is written anew; else the table is printed")
    arguments = parser.parse_args(given)
    if arguments.only and not arguments.data:
        parser.error("--only trains, and needs DATA")
    arguments.only = [name for name in arguments.only.split(",") if name] or list(NETWORKS)
    if unknown := [name for name in arguments.only if name not in NETWORKS]:
        parser.error(f"--only: no network {', '.join(unknown)}; some of {', '.join(NETWORKS)}")
    return arguments


def make_missing(arguments: argparse.Namespace) -> None:
    """Make each row that is wanted and not there yet, and keep it as soon as it is done."""
    dataset = Dataset.load(arguments.data)
    real, fake = np.bincount(dataset.subset("train").labels, minlength=2).tolist()
    pool = {"data": dataset.name, "sha256": dataset.sha256, "real": real, "fake": fake}
    conditions = Conditions(arguments.minutes, **pool, threads=arguments.threads, workers=arguments.workers)
    done = read_rows(arguments.results, conditions)
    missing = [name for name in arguments.only if name not in done]
    say(f"{conditions}; done before: {', '.join(done) or 'none'}")
    if not missing:
        return
    from research.studies.baselines.training import make_row

    if min(real, fake) < ENOUGH:
        say(f"warning: only {real} real and {fake} fake pictures to train on")
    began = time.monotonic()
    for number, name in enumerate(missing):
        say(f"row {number + 1} of {len(missing)}, {name}: {remaining(began, number, len(missing), conditions.minutes)}")
        try:
            write_row(make_row(name, dataset, conditions, arguments.work), arguments.results)
        except RecipeError as error:
            say(f"{name} is left out: {error}")
        if arguments.out:
            write_page(arguments.results, arguments.out)


def remaining(began: float, done: int, rows: int, minutes: float) -> str:
    """How long the rows that are left will take: as long as those of this sitting, or more than their minutes."""
    each = (time.monotonic() - began) / 60 / done if done else minutes
    return f"{'about' if done else 'more than'} {each * (rows - done):.0f} minutes left"


def write_page(results: Path, page: Path) -> None:
    """Write the finished rows into a page, and leave its other text alone."""
    page.write_text(fill(page.read_text("utf-8"), read_rows(results)), "utf-8")


def say(text: str) -> None:
    """One line of progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
