"""Where a run happens: CPU, CUDA or Apple GPU, alone or as one of several processes that `torchrun` started."""

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
PATIENCE = timedelta(hours=12)
"""How long processes wait for the main one, which finds the faces and evaluates."""


@dataclass(frozen=True, slots=True)
class Place:
    """One process of a run.

    Attributes:
        device: what it computes on.
        rank: its number; process 0 writes files and shows progress.
        world: how many processes there are.
    """

    device: torch.device
    rank: int = 0
    world: int = 1

    @property
    def main(self) -> bool:
        """Whether this process writes files and shows progress."""
        return self.rank == 0

    def gather(self, value: T) -> list[T]:
        """The values of all processes, by rank, on each of them."""
        if self.world == 1:
            return [value]
        values: list[Any] = [None] * self.world
        distributed.all_gather_object(values, value)
        return values

    def once(self, make: Callable[[], T]) -> T:
        """What `make` gives in the main process, on each of them."""
        return self.gather(make() if self.main else None)[0]  # type: ignore[return-value]

    def wait(self) -> None:
        """Go on when all processes are here."""
        if self.world > 1:
            distributed.barrier()

    def spread(self, network: nn.Module) -> nn.Module:
        """The network with gradients averaged over all processes."""
        if self.world == 1:
            return network
        if self.device.type == "cuda":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)  # type: ignore[no-untyped-call]
        return nn.parallel.DistributedDataParallel(network)


@contextmanager
def open_place(device: str = "auto", threads: int | None = None) -> Iterator[Place]:
    """Take a place, join the other processes if `torchrun` started several, and leave tidily.

    Args:
        device: one of `DEVICES`; "auto" takes CUDA, then Apple's GPU, then the CPU.
        threads: CPU threads; None leaves PyTorch's choice.

    Raises:
        UsageError: no such device here.
    """
    rank, world = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    chosen = choose(device)
    if chosen.type == "cuda" and world > 1:
        chosen = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(chosen)
    before = torch.get_num_threads()
    if threads:
        torch.set_num_threads(threads)
    if world > 1:
        distributed.init_process_group("nccl" if chosen.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield Place(chosen, rank, world)
    finally:
        torch.set_num_threads(before)
        if world > 1:
            gc.collect()  # spread networks hold the group in cycles; its threads must end before the interpreter does
            distributed.destroy_process_group()


def choose(device: str) -> torch.device:
    """The device of that name.

    Raises:
        UsageError: unknown, or not in this machine.
    """
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return torch.device(next(name for name, available in here.items() if available))
    if device not in here:
        raise UsageError(f"no device {device!r}; one of {', '.join(DEVICES)}")
    if not here[device]:
        raise UsageError(f"there is no {device} device here that PyTorch can use; try --device auto")
    return torch.device(device)


def reduced_precision(wanted: str, device: torch.device, *, dense: bool) -> torch.dtype | None:
    """The type to compute in, or None for float32.

    Args:
        wanted: a recipe's `fit.precision`; "auto" is bfloat16 on CUDA, and for dense networks on CPUs made for it.
        device: where.
        dense: whether reduced precision speeds the network up on a CPU.
    """
    if wanted == "auto":
        capable = device.type == "cuda" or (device.type == "cpu" and dense and _cpu_likes_bfloat16())
        return torch.bfloat16 if capable else None
    return {"bfloat16": torch.bfloat16, "float16": torch.float16}.get(wanted)


def _cpu_likes_bfloat16() -> bool:
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
