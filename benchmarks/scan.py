"""Speed of `unmask scan` compared with common scripts and with the time of its stages alone.

    python -m benchmarks.scan [--count 400] [--kinds faces photographs] [--model fast] [--keras-python PYTHON]

All variants process the same images in new processes. Each variant runs twice, on a few images and on all of them. The
difference in time divided by the difference in images is the cost of an image without start-up: CPU milliseconds (user
and system, all processes) and wall-clock milliseconds. The bound is the CPU time of decoding, face search and inference
in one thread, divided by the number of cores. On a machine with other load, CPU time is more reliable than wall-clock
time. A variant whose library is missing is omitted with a message. Images come from `UNMASK_DATA` if it is set.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks import scan_pictures
from benchmarks.scan_variants import WITH_UNMASK, WITHOUT_UNMASK
from unmask import Detector, open_image
from unmask.faces import FaceDetector
from unmask.preprocessing import search_scale
from unmask.stability import reencodings

Result = TypeVar("Result")

WARM = 32
"""Number of images in the short run."""
MODEL = "BENCHMARK_MODEL"
"""Environment variable that names the model of the variants of unmask."""
VARIANTS = Path(__file__).with_name("scan_variants.py")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU and wall-clock milliseconds per image."""

    cpu: float
    wall: float


def measure(variant: str, paths: list[Path], python: str, folder: Path) -> Cost | None:
    """The cost per image of one variant; None if its library is missing."""
    runs = []
    for part in (paths[:WARM], paths):
        listing = folder / "paths.json"
        listing.write_text(json.dumps([str(path) for path in part]))
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
        done = subprocess.run([python, VARIANTS, variant, listing], capture_output=True, text=True, env=environment)
        if done.returncode:
            reason = done.stderr.strip().splitlines()[-1] if done.stderr else "failed"
            print(f"    {variant}: omitted ({reason})")
            return None
        runs.append(json.loads(done.stdout.splitlines()[-1]))
    count = len(paths) - len(paths[:WARM])
    short, long = runs
    return Cost(1000 * (long["cpu"] - short["cpu"]) / count, 1000 * (long["wall"] - short["wall"]) / count)


class Stages:
    """CPU milliseconds per image of each stage, in one thread."""

    def __init__(self, paths: list[Path], stability: bool) -> None:
        self.spent: dict[str, float] = {}
        self._detector, self._face_detector = Detector.load(os.environ[MODEL], threads=1), FaceDetector.load(threads=1)
        for path in paths[:4]:
            self._time_image(path, stability)
        self.spent.clear()
        for path in paths:
            self._time_image(path, stability)
        self.spent = {name: 1000 * seconds / len(paths) for name, seconds in self.spent.items()}

    def _time_image(self, path: Path, stability: bool) -> None:
        picture = self._timed("open, digest", lambda: open_image(path))
        scale = search_scale(picture.width, picture.height)
        small = self._timed("decode", lambda: picture.rgb(scale))
        self._timed("face search", lambda: self._face_detector.find(small))
        located = self._detector.locate_faces(picture)
        patches = self._timed("decode", lambda: located.patches(self._detector.card.preprocessing.patch_size))
        if stability:
            patches = self._timed(
                "re-encode", lambda: [each for patch in patches for each in (patch, *reencodings(patch))]
            )
        pixels = self._timed("crop", lambda: self._detector.inputs(patches))
        self._timed("inference", lambda: self._detector.probabilities(pixels))

    def _timed(self, name: str, work: Callable[[], Result]) -> Result:
        before = time.thread_time()
        result = work()
        self.spent[name] = self.spent.get(name, 0.0) + time.thread_time() - before
        return result


def compare(kind: str, paths: list[Path], pythons: dict[str, str], stability: bool, folder: Path) -> None:
    """Print the table of one kind of images."""
    size = sum(path.stat().st_size for path in paths) / len(paths) / 1000
    print(f"\n### {len(paths)} {kind}, {size:.0f} kB each, {'with' if stability else 'without'} stability\n")
    stages = Stages(paths[:WARM], stability).spent
    bound = sum(stages.values())
    print("one thread, CPU ms per image: " + ", ".join(f"{name} {spent:.2f}" for name, spent in stages.items()))
    print(f"bound: {bound:.2f} CPU ms per image, {2000 / bound:.0f} images/s on 2 cores\n")
    print("| variant | CPU ms per image | bound / CPU | wall ms per image | images/s | bound on 2 cores / wall |")
    print("|---|---|---|---|---|---|")
    for variant, python in pythons.items():
        cost = measure(variant + ("_stability" if stability and variant in WITH_UNMASK else ""), paths, python, folder)
        if cost:
            reached = f"{bound / cost.cpu:.0%} | {cost.wall:.2f} | {1000 / cost.wall:.0f} | {bound / 2 / cost.wall:.0%}"
            print(f"| {variant} | {cost.cpu:.2f} | {reached} |", flush=True)


def main() -> None:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=400, help="images of each kind")
    parser.add_argument("--kinds", nargs="+", default=["faces", "photographs"], choices=["faces", "photographs"])
    parser.add_argument("--model", default="default", help="model of the variants of unmask")
    parser.add_argument("--stability", choices=["without", "with", "both"], default="both")
    parser.add_argument(
        "--rows", nargs="+", default=[*WITHOUT_UNMASK, *WITH_UNMASK], choices=[*WITHOUT_UNMASK, *WITH_UNMASK]
    )
    parser.add_argument("--keras-python", default=sys.executable, help="interpreter that has Keras")
    parser.add_argument("--torch-python", default=sys.executable, help="interpreter that has torch")
    arguments = parser.parse_args()
    pythons = {
        variant: arguments.torch_python if variant == "torch_loop" else arguments.keras_python
        for variant in WITHOUT_UNMASK
    }
    pythons = {variant: (pythons | dict.fromkeys(WITH_UNMASK, sys.executable))[variant] for variant in arguments.rows}
    os.environ[MODEL] = arguments.model
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        for kind in arguments.kinds:
            paths = getattr(scan_pictures, kind)(Path(folder) / kind, arguments.count)
            for stability in {"without": (False,), "with": (True,), "both": (False, True)}[arguments.stability]:
                variants = (
                    pythons
                    if not stability
                    else {variant: python for variant, python in pythons.items() if variant in WITH_UNMASK}
                )
                compare(kind, paths, variants, stability, Path(folder))
    print(f"\nload average after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
