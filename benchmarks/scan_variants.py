"""One variant of `benchmarks.scan`: processes the images listed in a file by one method, in this process.

    python benchmarks/scan_variants.py VARIANT LIST

Each variant imports only what it needs, so an interpreter that has only Keras or only torch can run it. The variants of
unmask use the model named by the environment variable `BENCHMARK_MODEL`, or `default`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

MODEL = os.environ.get("BENCHMARK_MODEL", "default")


def _batches(paths: list[str], size: int) -> Iterator[list[str]]:
    rest = iter(paths)
    while batch := list(islice(rest, size)):
        yield batch


def _pixels(paths: list[str], size: int) -> Any:
    """Images decoded at full size, resized to a square and scaled to 0…1, `[N, size, size, 3]`."""
    import numpy as np
    from PIL import Image

    arrays = []
    for path in paths:
        with Image.open(path) as image:
            arrays.append(np.asarray(image.convert("RGB").resize((size, size)), np.float32) / 255)
    return np.stack(arrays)


def _keras(paths: list[str], batch: int) -> None:
    """Run a three-block CNN (128 px, 32-64-128 filters, dense 128) on two threads."""
    import keras

    tf: Any = import_module("tensorflow")

    tf.config.threading.set_intra_op_parallelism_threads(2)
    tf.config.threading.set_inter_op_parallelism_threads(2)
    layers = keras.layers
    blocks = [
        part for width in (32, 64, 128) for part in (layers.Conv2D(width, 3, activation="relu"), layers.MaxPooling2D())
    ]
    head = [
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(1, activation="sigmoid"),
    ]
    model = keras.Sequential([keras.Input((128, 128, 3)), *blocks, *head])
    for group in _batches(paths, batch):
        model.predict(_pixels(group, 128), verbose=0)


def keras_single(paths: list[str]) -> None:
    """`model.predict`, one image per call."""
    _keras(paths, 1)


def keras_batched(paths: list[str]) -> None:
    """`model.predict` in batches of 32."""
    _keras(paths, 32)


def torch_loop(paths: list[str]) -> None:
    """The same network in torch, one image per call, two threads."""
    import torch
    from torch import nn

    torch.set_num_threads(2)
    blocks: list[nn.Module] = []
    for before, after in ((3, 32), (32, 64), (64, 128)):
        blocks += [nn.Conv2d(before, after, 3), nn.ReLU(), nn.MaxPool2d(2)]
    model = nn.Sequential(*blocks, nn.Flatten(), nn.Linear(128 * 14 * 14, 128), nn.ReLU(), nn.Linear(128, 1)).eval()
    with torch.inference_mode():
        for path in paths:
            model(torch.from_numpy(_pixels([path], 128)).permute(0, 3, 1, 2))


def _loop(paths: list[str], stability: bool) -> None:
    from unmask import Detector

    detector = Detector.load(MODEL, threads=1)
    for path in paths:
        detector.predict(path, stability=stability)


def plain_loop(paths: list[str], stability: bool) -> None:
    """`Detector.predict` in a loop, one thread."""
    _loop(paths, stability)


def two_loops(paths: list[str], stability: bool) -> None:
    """Two independent processes, each with a plain loop over half of the images."""
    variant = "plain_loop_stability" if stability else "plain_loop"
    halves = [json.dumps(paths[start::2]) for start in (0, 1)]
    command = [sys.executable, __file__, variant, "-"]
    children = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) for _ in halves]
    for child, half in zip(children, halves, strict=True):
        assert child.stdin is not None
        child.stdin.write(half)
        child.stdin.close()
    if any(child.wait() for child in children):
        raise SystemExit("one of the two processes failed; run the variant plain_loop to see its error")


def two_threads(paths: list[str], stability: bool) -> None:
    """One process, two threads that share one detector."""
    from concurrent.futures import ThreadPoolExecutor
    from functools import partial

    from unmask import Detector

    detector = Detector.load(MODEL, threads=1)
    with ThreadPoolExecutor(2) as threads:
        for _ in threads.map(partial(detector.predict, stability=stability), paths):
            pass


def _scan(paths: list[str], workers: int, stability: bool) -> None:
    from unmask import scan
    from unmask.detector import DetectorConfig

    for finding in scan(paths, detector=DetectorConfig(MODEL), workers=workers, stability=stability):
        assert finding.verdict, finding


def scan_1(paths: list[str], stability: bool) -> None:
    """`scan` with one worker."""
    _scan(paths, 1, stability)


def scan_2(paths: list[str], stability: bool) -> None:
    """`scan` with two workers."""
    _scan(paths, 2, stability)


WITHOUT_UNMASK: dict[str, Callable[[list[str]], None]] = {
    variant.__name__: variant for variant in (keras_single, keras_batched, torch_loop)
}
WITH_UNMASK: dict[str, Callable[[list[str], bool], None]] = {
    variant.__name__: variant for variant in (plain_loop, two_loops, two_threads, scan_1, scan_2)
}


def main() -> None:
    """Run one variant and print its wall-clock and CPU seconds."""
    name, source = sys.argv[1:]
    paths = json.loads(sys.stdin.read() if source == "-" else Path(source).read_text())
    before, started = os.times(), time.perf_counter()
    bare = name.removesuffix("_stability")
    if bare in WITH_UNMASK:
        WITH_UNMASK[bare](paths, name != bare)
    else:
        WITHOUT_UNMASK[bare](paths)
    after = os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    print(json.dumps({"wall": time.perf_counter() - started, "cpu": cpu}))


if __name__ == "__main__":
    main()
