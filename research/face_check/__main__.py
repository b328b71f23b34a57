"""Train the face check and write `face_check.onnx`.

    python -m research.face_check --reference yunet.onnx --weights imagenet.npz --out DIR [--resume]
        --faces MANIFEST.csv … --objects FOLDER[=COUNT] … --drawings FOLDER[=COUNT] …

Crops of faces come from the `train` split of the manifests, other crops from folders of pictures without people, where
everything that the face detector finds is false. Boxes in which YuNet finds a face are left out. `--out` receives
`crops/` (one file for each source, kept between runs), `log.txt`, `last.pt` (checkpoint) and `face_check.onnx`. The
seed fixes the pictures, the weights and every batch.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import cross_entropy

from research.common.command_line import run_command
from research.common.step_logger import StepLogger
from research.common.step_training import StepTrainingConfig, add_training_options
from research.face_check.augment import augment
from research.face_check.collect import Collector, Crops, pictures_in, pictures_of
from research.face_check.network import FaceCheckNet, export
from research.face_detector.loop import make_optimizer
from unmask.errors import UsageError
from unmask.faces.face_check import DRAWN, FACE, OBJECT
from unmask.faces.yunet import YuNetNetwork
from unmask.progress import Progress
from unmask.runtime import open_session
from unmask.training.console import Console
from unmask.training.engine.checkpoint import Checkpoint
from unmask.training.engine.distributed import DistributedContext
from unmask.training.engine.loop import fit
from unmask.training.engine.state import StepResult, TrainState

SHARES = {FACE: 0.5, DRAWN: 0.1, OBJECT: 0.4}
"""Share of each class in a batch; within a class every source counts by the square root of its size."""
MAX_PER_SOURCE = 200
"""Largest number of pictures of one source and class of a manifest."""
LOG_EVERY = 50


@dataclass(frozen=True, slots=True)
class FaceCheckConfig(StepTrainingConfig):
    """Settings of the training; a sample is a crop."""

    steps: int = 1500
    batch: int = 64
    rate: float = 1.5e-3
    warmup: int = 30
    seed: int = 7
    ema: ClassVar[float] = 0.98


Batch = tuple[NDArray[np.uint8], NDArray[np.uint8]]


DEFAULTS = FaceCheckConfig()


def train(arguments: argparse.Namespace) -> None:
    """Run all steps from pictures to the ONNX file."""
    out: Path = arguments.out
    (out / "crops").mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(arguments.threads)
    config = FaceCheckConfig(steps=arguments.steps, batch=arguments.batch, seed=arguments.seed)
    console = Console(True)
    with (out / "log.txt").open("a", buffering=1, encoding="utf-8") as file, console.progress_bar() as progress:

        def log(text: str) -> None:
            line = f"{time.strftime('%H:%M:%S')} {text}"
            console.log(line)
            file.write(line + "\n")

        reference = YuNetNetwork(open_session(arguments.reference.read_bytes(), threads=1))
        crops = collect(arguments, Collector(out / "crops", reference, log, progress))
        network = train_face_check(
            crops, config, arguments.weights, out / "last.pt", log, progress, resume=arguments.resume
        )
        difference = export(network, out / "face_check.onnx", metadata(crops, config))
        log(f"exported {out / 'face_check.onnx'}; largest difference from the network {difference:.1e}")


def collect(arguments: argparse.Namespace, collector: Collector) -> Crops:
    """The crops of all sources.

    Raises:
        UsageError: a source has the name of another one, or a class has no crops.
    """
    sources: dict[str, tuple[int, list[Path], bool]] = {}
    for manifest in arguments.faces:
        for name, paths in pictures_in(manifest, MAX_PER_SOURCE, arguments.seed).items():
            sources[name] = (FACE, paths, False)
    for label, folders in ((DRAWN, arguments.drawings), (OBJECT, arguments.objects)):
        for text in folders:
            folder, _, count = text.partition("=")
            paths = pictures_of(Path(folder), int(count or 10**9), arguments.seed)
            sources[Path(folder).name] = (label, paths, label == OBJECT)
    found = [collector.collect(name, label, paths, people=people) for name, (label, paths, people) in sources.items()]
    crops = Crops.join(found)
    if missing := set(SHARES) - set(crops.labels.tolist()):
        raise UsageError(f"no crops of the classes {sorted(missing)}; give --faces, --drawings and --objects")
    return crops


def probabilities(crops: Crops) -> NDArray[np.float64]:
    """The probability of each crop in a batch, from the shares of the classes and the sizes of the sources."""
    weights = np.zeros(len(crops.labels))
    for label, share in SHARES.items():
        of_class = crops.labels == label
        _, places, counts = np.unique(crops.sources[of_class], return_inverse=True, return_counts=True)
        each = (counts**0.5 / counts)[places]
        weights[of_class] = share * each / each.sum()
    return np.asarray(weights / weights.sum())


def train_face_check(
    crops: Crops,
    config: FaceCheckConfig,
    weights: Path | None,
    checkpoint: Path,
    log: Callable[[str], None],
    progress: Progress,
    *,
    resume: bool = False,
) -> FaceCheckNet:
    """The averaged network of a finished training run.

    Args:
        crops: the crops of all sources.
        config: settings of the optimizer.
        weights: `.npz` of MobileNetV2 to start from; None draws the weights.
        checkpoint: file that saves the run every 20 seconds.
        log: receives a line every `LOG_EVERY` steps.
        progress: receives the number of steps.
        resume: continue from the checkpoint if its file exists.

    Raises:
        TrainingError: the loss is not finite, or the checkpoint belongs to another run.
    """
    torch.manual_seed(config.seed)
    saved = Checkpoint(checkpoint, [], {"crops": len(crops.labels), "seed": config.seed}, seconds=20.0)
    context = DistributedContext(torch.device("cpu"))
    state = TrainState.create(FaceCheckNet(weights), config.options(), context, make_optimizer)
    if resume and checkpoint.exists():
        saved.resume(state)
        log(f"resuming at step {state.step:,} of {config.steps:,}")
    chances, parts = probabilities(crops), {"loss": 0.0}

    def batches(epoch: int, first: int) -> Iterator[Batch]:
        del epoch
        for step in range(first, config.steps):
            rng = np.random.default_rng((config.seed, step))
            chosen = rng.choice(len(chances), config.batch, p=chances)
            yield np.stack([augment(crops.pixels[place], rng) for place in chosen]), crops.labels[chosen]

    def loss(model: nn.Module, batch: Batch, state: TrainState) -> StepResult:
        del state
        pixels = torch.from_numpy(batch[0]).permute(0, 3, 1, 2).float() / 127.5 - 1.0
        value = cross_entropy(model(pixels), torch.from_numpy(batch[1]).long(), label_smoothing=0.02)
        parts["loss"] = float(value.detach())
        return StepResult(value)

    logger = StepLogger(lambda: parts, LOG_EVERY, log, progress)
    fit(state, batches, loss, lambda model: {}, [logger, saved])
    averaged = state.ema_model
    assert isinstance(averaged, FaceCheckNet)
    return averaged


def metadata(crops: Crops, config: FaceCheckConfig) -> dict[str, Any]:
    """Facts for the metadata key `unmask.face_check` of the file."""
    names, counts = np.unique(crops.sources, return_counts=True)
    return {
        "name": "face_check",
        "version": "1",
        "input": "pixels: uint8 [N, 48, 48, 3] RGB, the square of 1.9 times the longer side around a face box",
        "output": "probabilities [N, 3]: photographed face, drawn face, other object",
        "training": {
            "crops": dict(zip(names.tolist(), counts.tolist(), strict=True)),
            "samples": config.steps * config.batch,
            "seed": config.seed,
        },
    }


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m research.face_check", description="Train the face check.")
    parser.add_argument("--faces", type=Path, nargs="+", required=True, help="manifests; the split `train` is used")
    parser.add_argument("--objects", nargs="+", required=True, metavar="FOLDER[=COUNT]", help="pictures without people")
    parser.add_argument("--drawings", nargs="+", required=True, metavar="FOLDER[=COUNT]", help="drawn people")
    parser.add_argument("--reference", type=Path, required=True, help="the YuNet ONNX file")
    parser.add_argument("--weights", type=Path, required=True, help="`.npz` of MobileNetV2 for ImageNet")
    parser.add_argument("--out", type=Path, required=True, help="folder for crops, checkpoint, log and file")
    add_training_options(parser, DEFAULTS, "crops")
    run_command(train, parser.parse_args())


if __name__ == "__main__":
    main()
