"""Train the face finder and write `faces.onnx`.

    python -m research.facefinder --data DIR --teacher yunet.onnx --out DIR [--faceless DIR] [--resume]

`--data` holds `manifest.csv` (columns `file_name`, `source`, `split`) and the pictures; only `split == train` is read.
`--teacher` is the YuNet file. `--out` receives `teacher.npz` (the teacher's faces, computed once), `log.txt`,
`last.pt` (checkpoint) and `faces.onnx`. The seed fixes the weights and every scene. About an hour on one core with a
large-page allocator (jemalloc), nearly two without.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from research.facefinder.annotated_images import load_album
from research.facefinder.export import export
from research.facefinder.negative_patches import load_faceless
from research.facefinder.loop import Learner, Schedule, fit
from research.facefinder.network import FinderNet
from research.facefinder.scenes import Composer
from research.facefinder.yunet import Teacher, label_pictures

LARGEST_SHARE = 3600
"""At most this many pictures of one source."""
DEFAULTS = Schedule()


def training_pictures(data: Path, seed: int) -> list[str]:
    """Names of the training pictures, at most `LARGEST_SHARE` per source, drawn with the seed."""
    by_source: dict[str, list[str]] = {}
    with (data / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == "train":
                by_source.setdefault(row["source"], []).append(row["file_name"])
    rng = np.random.default_rng(seed)
    return [name for names in by_source.values() for name in rng.permutation(names)[:LARGEST_SHARE].tolist()]


def train(arguments: argparse.Namespace) -> None:
    """The whole way from pictures to the ONNX file."""
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(arguments.threads)
    schedule = Schedule(steps=arguments.steps, batch=arguments.batch, seed=arguments.seed)
    with (out / "log.txt").open("a", buffering=1) as log:

        def note(line: str) -> None:
            stamped = f"{time.strftime('%H:%M:%S')} {line}"
            print(stamped, file=sys.stderr, flush=True)  # noqa: T201
            log.write(stamped + "\n")

        names = training_pictures(arguments.data, schedule.seed)
        teacher = Teacher(arguments.teacher)
        faces = label_pictures(teacher, arguments.data, names, out / "teacher.npz", note)
        album = load_album(arguments.data, names, faces)
        note(f"album: {len(album)} pictures")
        folder: Path | None = arguments.faceless
        faceless = load_faceless(folder, teacher, schedule.seed, note) if folder else []
        torch.manual_seed(schedule.seed)
        learner = Learner(schedule, FinderNet())
        if arguments.resume and (out / "last.pt").exists():
            learner.load(out / "last.pt")
        net = fit(learner, Composer(album, faceless), out / "last.pt", note)
        difference = export(net, out / "faces.onnx", facts(schedule, len(album), len(faceless)))
        note(f"exported {out / 'faces.onnx'}; largest difference {difference:.1e}")


def facts(schedule: Schedule, pictures: int, faceless: int) -> dict[str, Any]:
    """What the file says of itself under `unmask.faces`."""
    return {
        "name": "faces",
        "version": "1",
        "input": "pixels: uint8 [N, H, W, 3] RGB, H and W multiples of 32; faces of 13 to 300 px",
        "outputs": "scores [N, cells]; boxes [N, cells, 4] left, top, right, bottom; landmarks [N, cells, 5, 2]",
        "training": {
            "pictures": pictures,
            "faceless_pictures": faceless,
            "sources": ["faces140k", "openforensics", "dfdc", "portraits"],
            "scenes": schedule.steps * schedule.batch,
            "seed": schedule.seed,
        },
        "teacher": "YuNet (Wu, Peng, Yu 2023), boxes and landmarks of score 0.5 and up",
        "limits": "faces turned by up to 40 degrees; profiles and faces under 20 px are often missed",
    }


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(prog="python -m research.facefinder", description="Train the face finder.")
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the pictures")
    parser.add_argument("--teacher", type=Path, required=True, help="the YuNet ONNX file")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoints, log and faces.onnx")
    parser.add_argument("--faceless", type=Path, help="folder of pictures without faces, for backgrounds")
    parser.add_argument("--steps", type=int, default=DEFAULTS.steps)
    parser.add_argument("--batch", type=int, default=DEFAULTS.batch)
    parser.add_argument("--seed", type=int, default=DEFAULTS.seed)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--resume", action="store_true", help="continue from the checkpoint in --out")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
