"""Resident memory of `unmask scan` and its workers during a scan, and its slope per 1,000 images.

python -m benchmarks.scan_memory                                  500 small images
python -m benchmarks.scan_memory --pictures 50000 --plot rss.png  a long scan and a plot of its memory

All images are different: crops of the bundled portrait with varying position, size and JPEG quality. Linux only: the
script reads /proc.
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
    """Write `count` different images of 96 to 160 px."""
    chance = random.Random(0)
    with Image.open(scan_pictures.sources()[0]) as opened:
        source = opened.convert("RGB").resize((256, 256))
    for number in range(count):
        left, top, side = chance.randint(0, 60), chance.randint(0, 60), chance.randint(150, 190)
        extent = chance.randint(96, 160)
        image = source.resize((extent, extent), Image.Resampling.BILINEAR, (left, top, left + side, top + side))
        image.putpixel((0, 0), (number % 256, number // 256 % 256, number // 65536))
        image.save(folder / f"{number:06}.jpg", quality=chance.randint(60, 95))


def sample_scan(folder: Path, count: int, workers: int, every: float, model: str) -> NDArray[np.float64]:
    """Scan and sample the memory: rows of finished images and resident MB, workers included."""
    out = folder.parent / "findings.jsonl"
    command = [sys.executable, "-m", "unmask", "scan", str(folder), "--out", str(out), "--workers", str(workers)]
    command += ["--no-cache", "--no-stability", "--model", model]
    curve = []
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as scan:
        while scan.poll() is None:
            time.sleep(every)
            done = out.read_bytes().count(b"\n") if out.exists() else 0
            if 0 < done < count:
                curve.append((done, sum(memory(scan.pid))))
    if scan.returncode:
        raise SystemExit(f"the scan failed with exit code {scan.returncode}")
    return np.array(curve, float)


def print_curve(curve: NDArray[np.float64]) -> None:
    """Print the curve in twelve rows and its slope over the second half."""
    print("images done     resident MB")
    for part in np.array_split(curve, min(ROWS, len(curve))):
        print(f"{part[:, 0].mean():13,.0f}   {part[:, 1].mean():12,.1f}")
    late = curve[len(curve) // 2 :]
    slope = np.polyfit(late[:, 0], late[:, 1], 1)[0] if len(np.unique(late[:, 0])) > 1 else 0.0
    print(f"\nover the second half: {1000 * slope:+.2f} MB per 1,000 images; maximum {curve[:, 1].max():,.1f} MB")


def plot(curve: NDArray[np.float64], path: Path) -> None:
    """Save a plot of the curve."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot(curve[:, 0], curve[:, 1])
    axes.set(xlabel="images done", ylabel="resident MB", ylim=(0, None))
    figure.savefig(path)


def main() -> None:
    """Read the command line, scan, print the curve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=500, help="number of images")
    parser.add_argument("--workers", type=int, default=1, help="worker processes")
    parser.add_argument("--model", default="default", help="a model name or file")
    parser.add_argument("--every", type=float, default=1.0, help="seconds between samples")
    parser.add_argument("--plot", type=Path, help="PNG file for the plot")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pictures"
        folder.mkdir()
        write(folder, options.pictures)
        curve = sample_scan(folder, options.pictures, options.workers, options.every, options.model)
    if not len(curve):
        raise SystemExit("the scan ended before the first sample; increase --pictures or reduce --every")
    print_curve(curve)
    if options.plot:
        plot(curve, options.plot)


if __name__ == "__main__":
    main()
