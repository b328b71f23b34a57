"""Where a run happens: CPU, CUDA or Apple GPU, alone or as one of several processes that `torchrun` started."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import distributed, nn

from unmask.errors import UsageError

T = TypeVar("T")
DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = {"bfloat16": torch.bfloat16, "float16": torch.float16}


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

    def wait(self) -> None:
        """Go on when all processes are here."""
        if self.world > 1:
            distributed.barrier()

    def spread(self, network: nn.Module) -> nn.Module:
        """The network with gradients averaged over all processes."""
        if self.world == 1:
            return network
        if self.device.type == "cuda":
            network = nn.SyncBatchNorm.convert_sync_batchnorm(network)
        return nn.parallel.DistributedDataParallel(network)

    def precision(self, wanted: str) -> torch.dtype | None:
        """The reduced precision to compute in, or None for float32."""
        if wanted == "auto":
            wanted = "bfloat16" if self.device.type == "cuda" else "float32"
        return PRECISIONS.get(wanted)

    def autocast(self, wanted: str) -> AbstractContextManager[Any]:
        """Mixed precision as a recipe wants it."""
        dtype = self.precision(wanted)
        return torch.autocast(self.device.type, dtype) if dtype else nullcontext()


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
        distributed.init_process_group("nccl" if chosen.type == "cuda" else "gloo")
    try:
        yield Place(chosen, rank, world)
    finally:
        torch.set_num_threads(before)
        if world > 1:
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
