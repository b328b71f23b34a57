from __future__ import annotations

import pytest
import torch

from unmask.errors import UsageError
from unmask.training.engine.distributed import forward_dtype, select_device


def test_devices_are_selected_by_name() -> None:
    assert select_device("auto").type in ("cpu", "cuda", "mps")
    with pytest.raises(UsageError, match="no device 'tpu'; one of auto"):
        select_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="PyTorch finds no cuda device"):
            select_device("cuda")


def test_reduced_precision_depends_on_device_and_network() -> None:
    cpu = torch.device("cpu")
    assert forward_dtype("bfloat16", cpu, dense=False) is torch.bfloat16
    assert forward_dtype("float32", cpu, dense=True) is None
    assert forward_dtype("auto", cpu, dense=False) is None
    assert forward_dtype("auto", torch.device("cuda"), dense=False) is torch.bfloat16
