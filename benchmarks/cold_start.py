"""CPU time of a first verdict, compared with that of its imports and that of a large framework.

    python -m benchmarks.cold_start [IMAGE] [--rounds 5]

Each row runs in new processes and shows the median of user + system CPU seconds. The default image is the bundled
astronaut at one megapixel. The TensorFlow row needs TensorFlow.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from PIL import Image


def cpu_seconds(command: list[str], rounds: int) -> float:
    """Median CPU time of a command over several new processes."""
    times = []
    for _ in range(rounds):
        before = os.times()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        after = os.times()
        times.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return statistics.median(times)


def one_megapixel(folder: str) -> str:
    """The bundled astronaut scaled to one megapixel, as a JPEG file."""
    source = files("unmask").joinpath("samples", "astronaut.jpg")
    with source.open("rb") as stream:
        image = Image.open(stream).convert("RGB").resize((1024, 1024))
    target = Path(folder) / "photo.jpg"
    image.save(target, quality=90)
    return str(target)


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", nargs="?", help="a one-megapixel image by default")
    parser.add_argument("--rounds", type=int, default=5, help="processes per row")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        image = arguments.image or one_megapixel(folder)
        python = sys.executable
        rows = {
            "import numpy, PIL.Image, onnxruntime": [python, "-c", "import numpy, PIL.Image, onnxruntime"],
            "import unmask": [python, "-c", "import unmask"],
            "unmask detect --no-stability": [python, "-m", "unmask", "detect", "--no-stability", image],
            "unmask detect": [python, "-m", "unmask", "detect", image],
        }
        if find_spec("tensorflow"):
            rows["import tensorflow"] = [python, "-c", "import tensorflow"]
        seconds = {name: cpu_seconds(command, arguments.rounds) for name, command in rows.items()}
    base = seconds["import numpy, PIL.Image, onnxruntime"]
    print("| what | CPU seconds | × bare imports |")
    print("|---|---|---|")
    for name, value in seconds.items():
        print(f"| `{name}` | {value:.2f} | {value / base:.2f} |")
    if "import tensorflow" not in seconds:
        print("\nTensorFlow is not installed; its row is omitted.")
    else:
        share = seconds["unmask detect"] / seconds["import tensorflow"]
        print(f"\n`unmask detect` takes {share:.2f} of the CPU time of `import tensorflow`.")


if __name__ == "__main__":
    main()
