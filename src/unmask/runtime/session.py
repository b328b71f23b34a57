"""The interface of all inference engines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Session(ABC):
    """A loaded model: its metadata, its inputs and outputs, and inference on arrays. Thread-safe.

    Attributes:
        metadata: free-form metadata of the file.
        inputs, outputs: name to shape; a free dimension is a name instead of a number.
        input_types: name to element type, such as `tensor(uint8)`.
    """

    metadata: Mapping[str, str]
    inputs: Mapping[str, list[int | str]]
    outputs: Mapping[str, list[int | str]]
    input_types: Mapping[str, str]

    @abstractmethod
    def run(self, **inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """All outputs by name for the given inputs."""

    def run_each(self, **inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """All outputs for inputs with N rows each, such as images `[N, H, W, 3]`, one row at a time.

        On a CPU this is faster than a batch, whose layers do not fit into the caches, and needs less memory. The
        score of an image does not depend on the other images of its batch (docs/performance.md).
        """
        count = len(next(iter(inputs.values())))
        if count < 2:
            return self.run(**inputs)
        rows = ({name: array[index : index + 1] for name, array in inputs.items()} for index in range(count))
        found = [self.run(**row) for row in rows]
        return {name: np.concatenate([outputs[name] for outputs in found]) for name in self.outputs}
