"""Train small auto-encoders on real pictures, and write the fakes they make as a data set to train on.

    python -m unmask.training.rebuilding DATA --out DIR [--count 700] [--teachers openforensics]
    unmask train DIR --recipe default --output runs/default --force

`DIR/manifest.csv` lists the pictures of DATA and the new ones; `DIR/NAME.pt` holds each auto-encoder, and is used as
it is where it exists. One core takes about five minutes for each of the four.

`--only` leaves everything else out of the training split, as `data.only` does in a recipe:

    python -m unmask.training.rebuilding DATA --out DIR --only openforensics:real portraits:fake
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from unmask.datasets import Dataset, Item
from unmask.training.boxes import find_boxes
from unmask.training.commands import carry_out
from unmask.training.parts import narrow, write_manifest
from unmask.training.rebuilding.loop import Schedule, learn
from unmask.training.rebuilding.network import DESIGNS, AutoEncoder, load
from unmask.training.rebuilding.writing import choose, write
from unmask.training.watching import Watching


def obtain(name: str, items: list[Item], schedule: Schedule, path: Path, watching: Watching) -> AutoEncoder:
    """The auto-encoder of that name: from its file, or trained and kept there."""
    if path.exists():
        return load(path)
    network = learn(items, DESIGNS[name], schedule, lambda line: watching.say(f"{name}: {line}"))
    torch.save(network.state_dict(), path)
    return network


def make(arguments: argparse.Namespace) -> None:
    """From real pictures to a data set with fakes made of them."""
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    dataset = Dataset.load(arguments.data)
    watching = Watching(True)
    boxes = find_boxes(dataset, watch=watching.over, say=watching.say)
    dataset = narrow(dataset, arguments.only or ())
    reals = dataset.where(label="real", split=arguments.split)
    taught = reals.where(source=arguments.teachers or reals.sources)
    schedule = Schedule(steps=arguments.steps, seed=arguments.seed)
    made: list[Item] = []
    for number, name in enumerate(arguments.designs):
        network = obtain(name, list(taught), schedule, arguments.out / f"{name}.pt", watching)
        rng = np.random.default_rng((arguments.seed, number))
        chosen = choose(reals.items, arguments.count, rng)
        made += write(chosen, boxes, network, name, arguments.out, arguments.weight, rng)
        watching.say(f"{name}: {len(chosen)} pictures rebuilt")
    write_manifest(replace(dataset, items=(*dataset.items, *made)), arguments.out / "manifest.csv")


def main() -> None:
    """Read the command line and make."""
    parser = argparse.ArgumentParser(
        prog="python -m unmask.training.rebuilding", description="Make fakes with auto-encoders."
    )
    parser.add_argument("data", type=Path, help="labelled pictures: a folder or a manifest")
    parser.add_argument("--out", type=Path, required=True, help="folder for networks, pictures and manifest.csv")
    parser.add_argument("--designs", nargs="+", choices=list(DESIGNS), default=list(DESIGNS), metavar="NAME")
    parser.add_argument(
        "--teachers", nargs="+", metavar="SOURCE", help="sources whose real pictures teach; default: all"
    )
    parser.add_argument("--only", nargs="+", metavar="SOURCE:CLASS", help="keep only these in the training split")
    parser.add_argument("--split", default="train", help="split whose real pictures are taken")
    parser.add_argument("--count", type=int, default=700, help="pictures that each auto-encoder rebuilds")
    parser.add_argument("--weight", type=float, default=1.0, help="how often training draws one, beside other fakes")
    parser.add_argument("--steps", type=int, default=Schedule().steps)
    parser.add_argument("--seed", type=int, default=Schedule().seed)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    carry_out(make, parser.parse_args())


if __name__ == "__main__":
    main()
