"""Shards: `.npz` files of JPEG crops with their labels and sources."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

QUALITY = 88
"""JPEG quality of the crops of all classes."""
SHARD_BYTES = 28 * 2**20
"""Largest size of the pictures in a shard."""


@dataclass(frozen=True)
class Crop:
    """A face crop as a JPEG, with what is known about it."""

    jpeg: bytes
    fake: bool
    source: str


@dataclass(frozen=True)
class Pictures:
    """Decoded crops: pixels `[N, S, S, 3]`, labels `[N]` and sources `[N]`."""

    pixels: NDArray[np.uint8]
    fake: NDArray[np.bool_]
    source: NDArray[Any]

    def strata(self) -> NDArray[np.int64]:
        """The number of the source and class of each crop, `[N]`."""
        names = [f"{source} {fake}" for source, fake in zip(self.source, self.fake, strict=True)]
        return np.asarray(np.unique(names, return_inverse=True)[1], np.int64)


def encode(image: NDArray[np.uint8]) -> bytes:
    """The JPEG of an RGB image."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()


def split_by_size(crops: Sequence[Crop], limit: int = SHARD_BYTES) -> Iterator[list[Crop]]:
    """Consecutive runs of crops with at most `limit` bytes of pictures each."""
    run: list[Crop] = []
    size = 0
    for crop in crops:
        if run and size + len(crop.jpeg) > limit:
            yield run
            run, size = [], 0
        run.append(crop)
        size += len(crop.jpeg)
    if run:
        yield run


def write_shard(path: Path, crops: Sequence[Crop]) -> None:
    """Write crops to one file."""
    np.savez(
        path,
        allow_pickle=False,
        data=np.frombuffer(b"".join(crop.jpeg for crop in crops), np.uint8),
        ends=np.cumsum([len(crop.jpeg) for crop in crops]),
        fake=np.array([crop.fake for crop in crops]),
        source=np.array([crop.source for crop in crops]),
    )


def read_shard(path: Path) -> list[Crop]:
    """The crops of a file."""
    with np.load(path) as file:
        data, ends = file["data"].tobytes(), file["ends"].tolist()
        labels = zip(file["fake"].tolist(), file["source"].tolist(), strict=True)
    starts = [0, *ends[:-1]]
    return [
        Crop(data[start:end], fake, source) for start, end, (fake, source) in zip(starts, ends, labels, strict=True)
    ]


def decode(crops: Sequence[Crop], threads: int) -> Pictures:
    """Decode crops on several cores."""

    def pixels(crop: Crop) -> NDArray[np.uint8]:
        return np.asarray(Image.open(io.BytesIO(crop.jpeg)).convert("RGB"))

    with ThreadPoolExecutor(threads) as pool:
        images = np.stack(list(pool.map(pixels, crops)))
    return Pictures(images, np.array([crop.fake for crop in crops]), np.array([crop.source for crop in crops]))
