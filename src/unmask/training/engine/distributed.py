"""Device and processes of a run: CPU, CUDA or Apple GPU, in one process or in several started by `torchrun`."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
from torch import distributed, nn

from unmask.errors import UsageError

T = TypeVar("T")
DEVICES = ("auto", "cpu", "cuda", "mps")
TIMEOUT = timedelta(hours=12)
"""Timeout of waiting for the main process, which finds the faces and evaluates."""


@dataclass(frozen=True, slots=True)
class DistributedContext:
    """One process of a run.

    Attributes:
        device: device of its tensors.
        rank: number of the process; process 0 is the main one.
        world: number of processes.
    """

    device: torch.device
    rank: int = 0
    world: int = 1

    @property
    def main(self) -> bool:
        """Whether this is the main process, which writes files and shows progress."""
        return self.rank == 0

    def gather(self, value: T) -> list[T]:
        """All-gather: the values of all processes by rank, returned in each process."""
        if self.world == 1:
            return [value]
        values: list[Any] = [None] * self.world
        distributed.all_gather_object(values, value)
        return values

    def on_main(self, make: Callable[[], T]) -> T:
        """Call `make` in the main process and return its result in each process."""
        return self.gather(make() if self.main else None)[0]  # type: ignore[return-value]

    def barrier(self) -> None:
        """Wait until all processes have arrived."""
        if self.world > 1:
            distributed.barrier()

    def wrap_ddp(self, network: nn.Module) -> nn.Module:
        """The network in DistributedDataParallel, with synchronized batch norm on CUDA; unchanged if alone."""
        if self.world == 1:
            return network
        if self.device.type == "cuda":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return nn.parallel.DistributedDataParallel(network)


@contextmanager
def open_distributed(device: str = "auto", threads: int | None = None) -> Iterator[DistributedContext]:
    """Context of a run: joins the process group if `torchrun` started several processes, and leaves it at the end.

    Args:
        device: one of `DEVICES`; "auto" takes CUDA, then Apple's GPU, then the CPU.
        threads: CPU threads; None leaves PyTorch's choice.

    Raises:
        UsageError: the machine has no such device.
    """
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    chosen = select_device(device)
    if chosen.type == "cuda" and world > 1:
        chosen = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(chosen)
    before = torch.get_num_threads()
    if threads:
        torch.set_num_threads(threads)
    if world > 1:
        distributed.init_process_group("nccl" if chosen.type == "cuda" else "gloo", timeout=TIMEOUT)
    try:
        yield DistributedContext(chosen, rank, world)
    finally:
        torch.set_num_threads(before)
        if world > 1:
            gc.collect()  # DDP networks hold the group in reference cycles; its threads must end before the interpreter
            distributed.destroy_process_group()


def select_device(device: str) -> torch.device:
    """The device of this name.

    Raises:
        UsageError: the name is unknown, or the machine has no such device.
    """
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return torch.device(next(name for name, available in here.items() if available))
    if device not in here:
        raise UsageError(f"no device {device!r}; one of {', '.join(DEVICES)}")
    if not here[device]:
        raise UsageError(f"PyTorch finds no {device} device on this machine; use --device auto")
    return torch.device(device)


def forward_dtype(wanted: str, device: torch.device, *, dense: bool) -> torch.dtype | None:
    """The dtype of the forward pass, or None for float32.

    Args:
        wanted: `fit.precision` of a recipe; "auto" is bfloat16 on CUDA, and for dense networks on CPUs with bfloat16
            instructions.
        device: device of the run.
        dense: whether reduced precision speeds the network up on a CPU.
    """
    if wanted == "auto":
        capable = device.type == "cuda" or (device.type == "cpu" and dense and _cpu_has_bfloat16())
        return torch.bfloat16 if capable else None
    return {"bfloat16": torch.bfloat16, "float16": torch.float16}.get(wanted)


def _cpu_has_bfloat16() -> bool:
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
