"""Opens and examines mutated image files until an error appears that is not an `UnmaskError`.

    python -m benchmarks.fuzz --seconds 60 --seed 1

Synthetic images of every format and mode, the sample images of the package and the images in `--folder` are damaged:
bits are flipped, bytes are replaced, blocks are deleted, repeated, zeroed, swapped or taken from another file, and the
end is cut. Each mutated file is opened, decoded and examined; every `DETECT_EVERY`th is also judged. A file that raises
anything but an `UnmaskError`, or takes longer than `--slow` seconds, is written to `--crashes`, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import io
import os
import random
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

from unmask import Detector, UnmaskError, examine, open_image

DETECT_EVERY = 50
MAX_SEED = 200_000
"""Bytes of the largest file that is mutated."""
MODES = {
    "JPEG": ("RGB", "L", "CMYK"),
    "PNG": ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"),
    "WEBP": ("RGB", "RGBA"),
    "BMP": ("RGB", "L"),
    "TIFF": ("RGB", "L", "F"),
    "GIF": ("P",),
    "AVIF": ("RGB",),
}
"""Formats and the modes in which synthetic images are saved."""


def synthetic_files(rng: random.Random) -> Iterator[bytes]:
    """Yields small images of every format and mode, with metadata where the format has them."""
    for form, modes in MODES.items():
        for mode in modes:
            for width, height in ((48, 40), (1, 1), (1, 60), (97, 3)):
                noise = np.random.default_rng(rng.randrange(1 << 30)).integers(0, 256, (height, width, 3), np.uint8)
                yield _encoded(Image.fromarray(noise), form, mode)


def _encoded(image: Image.Image, form: str, mode: str) -> bytes:
    image = image.convert("L").convert("I").convert(mode) if mode == "I;16" else image.convert(mode)
    exif = Image.Exif()
    exif.update({0x010F: "Maker", 0x0112: 6, 0x0131: "Software"})
    options: dict[str, object] = {"exif": exif} if form in ("JPEG", "PNG", "WEBP", "AVIF") else {}
    if form == "JPEG" and mode != "CMYK":
        options |= {"progressive": image.width % 2 == 1, "xmp": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"}
    if form == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", "text " * 30, zip=True)
        options |= {"pnginfo": info, "icc_profile": bytes(600)}
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def seeds(rng: random.Random, folder: Path | None) -> list[bytes]:
    """The files that are mutated: synthetic images, the samples, and the small files of a folder."""
    real = [Path(str(each)) for each in files("unmask").joinpath("samples").iterdir() if each.name.endswith(".jpg")]
    real += sorted(path for path in folder.rglob("*") if path.is_file()) if folder else []
    return [*synthetic_files(rng), *(path.read_bytes() for path in real if path.stat().st_size <= MAX_SEED)]


def mutate(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """The file with one to eight random faults, some of them near its start, where the headers are."""
    result = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        if not result:
            break
        at = rng.randrange(len(result) if rng.random() < 0.5 else min(len(result), 700))
        size = min(len(result) - at, rng.choice((1, 1, 2, 4, 16, 64, 1024)))
        match rng.randrange(9):
            case 0:
                result[at] ^= 1 << rng.randrange(8)
            case 1:
                result[at : at + size] = rng.randbytes(size)
            case 2:
                result[at : at + size] = rng.choice((b"\0", b"\xff", b"\x7f", b"\x80")) * size
            case 3:
                del result[at : at + size]
            case 4:
                result[at:at] = result[at : at + size]
            case 5:
                result[at:at] = rng.randbytes(size)
            case 6:
                start = rng.randrange(len(other))
                result[at : at + size] = other[start : start + size]
            case 7:
                del result[len(result) - size :]
            case _:
                result[at : at + 4] = rng.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 65535)).to_bytes(4, "big")
    return bytes(result)


def run_one(data: bytes, detector: Detector | None) -> str:
    """Open, decode and examine one file; judge it if a detector is given.

    Returns:
        the outcome: "decoded", or the name of the error that unmask raised on purpose.
    """
    try:
        picture = open_image(data)
        examine(picture)
        if detector:
            detector.predict(picture, whole_picture=True)
    except UnmaskError as error:
        return type(error).__name__
    return "decoded"


def stop_on_interrupt() -> Callable[[], bool]:
    """Whether Ctrl-C was pressed; the run then ends after the current file, with its counts."""
    pressed: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    return lambda: bool(pressed)


def fuzz(
    seconds: float, count: int, seed: int, folder: Path | None, crashes: Path, slow: float
) -> tuple[collections.Counter[str], int]:
    """Mutate files until the time or the count is reached; the outcomes, and the number of faults found."""
    rng, stopped = random.Random(seed), stop_on_interrupt()
    originals, detector = seeds(rng, folder), Detector.load(threads=1)
    outcomes: collections.Counter[str] = collections.Counter()
    faults, ends = 0, time.monotonic() + seconds
    while time.monotonic() < ends and outcomes.total() < count and not stopped():
        data = mutate(rng.choice(originals), rng.choice(originals), rng)
        started = time.process_time()
        try:
            outcome = run_one(data, detector if outcomes.total() % DETECT_EVERY == 0 else None)
            if time.process_time() - started > slow:
                outcome = "slow"
        except Exception:
            traceback.print_exc()
            outcome = "traceback"
        outcomes[outcome] += 1
        if outcome in ("slow", "traceback"):
            faults += 1
            crashes.mkdir(parents=True, exist_ok=True)
            (crashes / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
    return outcomes, faults


def silence_libraries() -> None:
    """Discard what C libraries print to stderr, such as libtiff's warnings; Python's stderr stays."""
    sys.stderr = os.fdopen(os.dup(2), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def main() -> None:
    """Read the command line, run and print the outcomes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="time limit")
    parser.add_argument("--count", type=int, default=10**9, help="number of mutated files after which to stop")
    parser.add_argument("--seed", type=int, default=1, help="random seed of the mutations")
    parser.add_argument("--folder", type=Path, help="folder of more files to mutate")
    parser.add_argument("--crashes", type=Path, default=Path("fuzz-crashes"), help="folder for files with a fault")
    parser.add_argument("--slow", type=float, default=5.0, help="CPU seconds for one file that count as a fault")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    silence_libraries()
    started = time.monotonic()
    outcomes, faults = fuzz(
        arguments.seconds, arguments.count, arguments.seed, arguments.folder, arguments.crashes, arguments.slow
    )
    print(f"{outcomes.total():,} mutated files in {time.monotonic() - started:.0f} s, seed {arguments.seed}")
    for outcome, number in outcomes.most_common():
        print(f"  {outcome}: {number:,}")
    print(f"{faults} faults" + (f"; files in {arguments.crashes}" if faults else ""))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
