"""Does memory stay flat over a long scan? The resident set of `unmask scan` and its workers, sampled as it runs.

python -m benchmarks.scan_memory                                  500 small pictures
python -m benchmarks.scan_memory --pictures 50000 --plot rss.png  the long run, and its curve

Every picture is different (a cut of the bundled portrait at a changing place, size and JPEG quality), so that neither
the cache nor the decoder meets one twice. Linux only: reads /proc.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import scan_pictures
from benchmarks.resume import memory

ROWS = 12


def write(folder: Path, count: int) -> None:
    """`count` pictures of 96 to 160 px, each unlike every other."""
    chance = random.Random(0)
    with Image.open(scan_pictures.sources()[0]) as opened:
        source = opened.convert("RGB").resize((256, 256))
    for number in range(count):
        left, top, side = chance.randint(0, 60), chance.randint(0, 60), chance.randint(150, 190)
        extent = chance.randint(96, 160)
        image = source.resize((extent, extent), Image.Resampling.BILINEAR, (left, top, left + side, top + side))
        image.putpixel((0, 0), (number % 256, number // 256 % 256, number // 65536))
        image.save(folder / f"{number:06}.jpg", quality=chance.randint(60, 95))


def scanned(folder: Path, count: int, workers: int, every: float, model: str) -> NDArray[np.float64]:
    """A scan's curve while it judges: rows of pictures done and MB resident, its workers' included."""
    out = folder.parent / "findings.jsonl"
    command = [sys.executable, "-m", "unmask", "scan", str(folder), "--out", str(out), "--workers", str(workers)]
    command += ["--no-cache", "--no-stability", "--model", model]
    curve = []
    with subprocess.Popen(
        [*command, "--no-cache", "--no-stability", "--model", model], stderr=subprocess.DEVNULL
    ) as scan:
        while scan.poll() is None:
            time.sleep(every)
            done = out.read_bytes().count(b"\n") if out.exists() else 0
            if 0 < done < count:
                curve.append((done, sum(memory(scan.pid))))
    if scan.returncode:
        raise SystemExit(f"the scan ended with {scan.returncode}")
    return np.array(curve, float)


def show(curve: NDArray[np.float64]) -> None:
    """The curve in a dozen rows, and its slope over the second half."""
    print("pictures done   resident MB")
    for part in np.array_split(curve, min(ROWS, len(curve))):
        print(f"{part[:, 0].mean():13,.0f}   {part[:, 1].mean():12,.1f}")
    late = curve[len(curve) // 2 :]
    slope = np.polyfit(late[:, 0], late[:, 1], 1)[0] if len(np.unique(late[:, 0])) > 1 else 0.0
    print(f"\nover the second half: {1000 * slope:+.2f} MB per 1,000 pictures; largest {curve[:, 1].max():,.1f} MB")


def plot(curve: NDArray[np.float64], path: Path) -> None:
    """The curve as a picture."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot(curve[:, 0], curve[:, 1])
    axes.set(xlabel="pictures done", ylabel="resident MB", ylim=(0, None))
    figure.savefig(path)


def main() -> None:
    """Print the curve, and draw it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=500, help="how many are scanned")
    parser.add_argument("--workers", type=int, default=1, help="processes that judge")
    parser.add_argument("--model", default="default", help="what judges")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two samples")
    parser.add_argument("--plot", type=Path, help="where to draw the curve (PNG)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pictures"
        folder.mkdir()
        write(folder, options.pictures)
        curve = scanned(folder, options.pictures, options.workers, options.every, options.model)
    if not len(curve):
        raise SystemExit("the scan was over before a sample was taken; scan more pictures")
    show(curve)
    if options.plot:
        plot(curve, options.plot)


if __name__ == "__main__":
    main()
