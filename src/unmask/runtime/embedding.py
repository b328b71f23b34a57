"""Inference for models that also take the CLIP embedding of their pixels."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.runtime.clip_tower import ClipTower
from unmask.runtime.session import Session

EMBEDDING = "embedding"
"""Name of the input for unit-length embeddings, float32 `[N, 512]`."""


class EmbeddingSession(Session):
    """A model whose input `embedding` is computed from its input `pixels`. The tower is loaded by the first run."""

    def __init__(self, session: Session, threads: int | None) -> None:
        self._session, self._threads = session, threads
        self.metadata, self.outputs = session.metadata, session.outputs
        self.inputs = {name: shape for name, shape in session.inputs.items() if name != EMBEDDING}
        self.input_types = {name: kind for name, kind in session.input_types.items() if name != EMBEDDING}

    @cached_property
    def _tower(self) -> ClipTower:
        return ClipTower.load(self._threads)

    def run(self, **inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """All outputs by name for the given inputs.

        Raises:
            MissingTower: the image tower of CLIP is not installed.
        """
        return self._session.run(**inputs, **{EMBEDDING: self._tower.embed(inputs["pixels"])})
