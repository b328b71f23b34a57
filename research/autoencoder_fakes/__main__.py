"""Train small autoencoders on real images, and write their reconstructions as fakes of a training set.

    python -m research.autoencoder_fakes DATA --out DIR [--count 700] [--train-on openforensics]
    unmask train DIR --recipe default --output runs/default --force

`DIR/manifest.csv` lists the images of DATA and the new fakes. `DIR/NAME.pt` holds an autoencoder; an existing file is
used without training. Each of the four autoencoders takes about five minutes of one core. With `--pretrained FOLDER`,
an autoencoder with published weights follows (`research.autoencoder_fakes.pretrained`).

`--only` filters the training split like `data.only` in a recipe:

    python -m research.autoencoder_fakes DATA --out DIR --only openforensics:real portraits:fake
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from research.autoencoder_fakes import pretrained
from research.autoencoder_fakes.loop import AutoEncoderConfig, train_autoencoder
from research.autoencoder_fakes.network import DESIGNS, AutoEncoder, load
from research.autoencoder_fakes.write_fakes import choose, write_fakes
from research.common.command_line import run_command
from unmask.datasets import Dataset, LabeledImage
from unmask.training.console import Console
from unmask.training.data.face_box_cache import find_face_boxes
from unmask.training.data.splits import filter_training_images, write_manifest
from unmask.training.engine.state import save


def load_or_train(
    name: str, items: list[LabeledImage], config: AutoEncoderConfig, path: Path, console: Console
) -> AutoEncoder:
    """The autoencoder of this design, loaded from its file, or trained and saved."""
    if path.exists():
        return load(path)
    console.log(f"{name}: training an autoencoder")
    with console.progress_bar() as progress:
        network = train_autoencoder(items, DESIGNS[name], config, console.log, progress)
    save(network.state_dict(), path)
    return network


def write_dataset(arguments: argparse.Namespace) -> None:
    """Train the autoencoders and write the dataset with their fakes."""
    torch.set_num_threads(arguments.threads)
    arguments.out.mkdir(parents=True, exist_ok=True)
    dataset = Dataset.load(arguments.data)
    console = Console(True)
    with console.progress_bar() as progress:
        boxes = find_face_boxes(dataset, progress=progress, log=console.log)
    dataset = filter_training_images(dataset, arguments.only or ())
    reals = dataset.where(label="real", split=arguments.split)
    training = reals.where(source=arguments.train_on or reals.sources)
    config = AutoEncoderConfig(steps=arguments.steps, seed=arguments.seed)
    made: list[LabeledImage] = []

    def write(number: int, name: str, network: nn.Module) -> None:
        rng = np.random.default_rng((arguments.seed, number))
        chosen = choose(reals.items, arguments.count, rng)
        made.extend(write_fakes(chosen, boxes, network, name, arguments.out, arguments.weight, rng))
        console.log(f"{name}: {len(chosen)} fakes written")

    for number, name in enumerate(arguments.designs):
        write(number, name, load_or_train(name, list(training), config, arguments.out / f"{name}.pt", console))
    if arguments.pretrained:
        write(len(DESIGNS), pretrained.NAME, pretrained.PretrainedAutoEncoder.load(arguments.pretrained))
    write_manifest(replace(dataset, items=(*dataset.items, *made)), arguments.out / "manifest.csv")


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(
        prog="python -m research.autoencoder_fakes", description="Make fakes with autoencoders."
    )
    parser.add_argument("data", type=Path, help="labeled images: a folder or a manifest")
    parser.add_argument("--out", type=Path, required=True, help="folder for networks, images and manifest.csv")
    parser.add_argument(
        "--designs",
        nargs="*",
        choices=list(DESIGNS),
        default=list(DESIGNS),
        metavar="NAME",
        help="designs to use; default: all",
    )
    parser.add_argument("--pretrained", type=Path, help="folder of taef2_encoder.pth and taef2_decoder.pth")
    parser.add_argument(
        "--train-on", nargs="+", metavar="SOURCE", help="sources whose real images train the networks; default: all"
    )
    parser.add_argument("--only", nargs="+", metavar="SOURCE:CLASS", help="keep only these in the training split")
    parser.add_argument("--split", default="train", help="split whose real images are used")
    parser.add_argument("--count", type=int, default=700, help="images that each autoencoder reconstructs")
    parser.add_argument("--weight", type=float, default=1.0, help="sampling weight of a new fake; other fakes have 1")
    parser.add_argument("--steps", type=int, default=AutoEncoderConfig().steps)
    parser.add_argument("--seed", type=int, default=AutoEncoderConfig().seed)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    run_command(write_dataset, parser.parse_args())


if __name__ == "__main__":
    main()
