"""Train the face detector and write `faces.onnx`.

    python -m research.face_detector --data DIR --teacher yunet.onnx --out DIR [--faceless DIR] [--resume]

`--data` holds the images and `manifest.csv` (columns `file_name`, `source`, `split`); only the split `train` is used.
`--teacher` is the YuNet file. `--out` receives `teacher.npz` (faces found by YuNet), `log.txt`, `last.pt` (checkpoint,
saved every 20 seconds) and `faces.onnx`. The seed fixes the weights and every scene. Training takes about an hour on
one core with the allocator jemalloc, nearly two without.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from research.common.command_line import run_command
from research.common.step_training import add_training_options
from research.face_detector.annotated_images import load_annotated_images
from research.face_detector.export import export
from research.face_detector.loop import FaceDetectorConfig, train_face_detector
from research.face_detector.negative_patches import load_negative_patches
from research.face_detector.scenes import SceneComposer
from research.face_detector.yunet import YuNet, annotate_images
from unmask.training.config_io import to_plain
from unmask.training.console import Console
from unmask.training.engine.checkpoint import Checkpoint

MAX_PER_SOURCE = 3600
"""Largest number of images of one source."""
CHECKPOINT_SECONDS = 20.0
"""Time between checkpoints."""
DEFAULTS = FaceDetectorConfig()


def training_images(data: Path, seed: int) -> list[str]:
    """Names of the training images, at most `MAX_PER_SOURCE` random ones of each source."""
    by_source: dict[str, list[str]] = {}
    with (data / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == "train":
                by_source.setdefault(row["source"], []).append(row["file_name"])
    rng = np.random.default_rng(seed)
    return [name for names in by_source.values() for name in rng.permutation(names)[:MAX_PER_SOURCE].tolist()]


def train(arguments: argparse.Namespace) -> None:
    """Run all steps from images to the ONNX file."""
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(arguments.threads)
    config = FaceDetectorConfig(steps=arguments.steps, batch=arguments.batch, seed=arguments.seed)
    console = Console(True)
    with (out / "log.txt").open("a", buffering=1, encoding="utf-8") as file, console.progress_bar() as progress:

        def log(text: str) -> None:
            line = f"{time.strftime('%H:%M:%S')} {text}"
            console.log(line)
            file.write(line + "\n")

        names = training_images(arguments.data, config.seed)
        reference = YuNet(arguments.teacher)
        faces = annotate_images(reference, arguments.data, names, out / "teacher.npz", progress=progress)
        images = load_annotated_images(arguments.data, names, faces)
        log(f"{len(images):,} training images with a face")
        folder: Path | None = arguments.faceless
        negatives = load_negative_patches(folder, reference, config.seed, log) if folder else []
        about = {"config": to_plain(config), "data": [_digest(names), len(images), len(negatives)]}
        checkpoint = Checkpoint(out / "last.pt", [], about, seconds=CHECKPOINT_SECONDS)
        composer = SceneComposer(images, negatives)
        network = train_face_detector(composer, config, checkpoint, log, progress=progress, resume=arguments.resume)
        difference = export(network, out / "faces.onnx", metadata(config, len(images), len(negatives)))
        log(f"exported {out / 'faces.onnx'}; largest difference from the network {difference:.1e}")


def _digest(names: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def metadata(config: FaceDetectorConfig, images: int, negatives: int) -> dict[str, Any]:
    """Facts for the metadata key `unmask.faces` of the file."""
    return {
        "name": "faces",
        "version": "1",
        "input": "pixels: uint8 [N, H, W, 3] RGB, H and W multiples of 32; faces of 13 to 300 px",
        "outputs": "scores [N, cells]; boxes [N, cells, 4] left, top, right, bottom; landmarks [N, cells, 5, 2]",
        "training": {
            "pictures": images,
            "faceless_pictures": negatives,
            "sources": ["faces140k", "openforensics", "dfdc", "portraits"],
            "scenes": config.steps * config.batch,
            "seed": config.seed,
        },
        "teacher": "YuNet (Wu, Peng, Yu 2023), boxes and landmarks of score 0.5 and up",
        "limits": "faces turned by up to 40 degrees; profiles and faces under 20 px are often missed",
    }


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m research.face_detector", description="Train the face detector.")
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the images")
    parser.add_argument("--teacher", type=Path, required=True, help="the YuNet ONNX file")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint, log and faces.onnx")
    parser.add_argument("--faceless", type=Path, help="folder of images without faces, for backgrounds")
    add_training_options(parser, DEFAULTS, "scenes")
    run_command(train, parser.parse_args())


if __name__ == "__main__":
    main()
