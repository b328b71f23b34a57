from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from unmask.datasets import Dataset

Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(model: onnx.ModelProto, name: str = "external.onnx") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, path)
        return path

    return write


@pytest.fixture(scope="module")
def known(pictures: Path) -> Dataset:
    return Dataset.load(pictures).subset("train")
