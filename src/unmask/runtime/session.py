"""What every engine offers: a model's names and shapes, and arrays in, arrays out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Session(ABC):
    """A loaded model. Thread-safe: several threads may run one session.

    Attributes:
        metadata: the file's free-form metadata.
        inputs, outputs: name to shape; a dimension is a number, or a name where it is free.
        input_types: name to element type, such as `tensor(uint8)`.
    """

    metadata: Mapping[str, str]
    inputs: Mapping[str, list[int | str]]
    outputs: Mapping[str, list[int | str]]
    input_types: Mapping[str, str]

    @abstractmethod
    def run(self, **inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """All outputs by name for the given inputs."""
