"""The context of a training run: recipe, folder, device, console and parallelism."""

from __future__ import annotations

from dataclasses import dataclass

from unmask.training.config import Recipe
from unmask.training.console import Console
from unmask.training.engine.distributed import DistributedContext
from unmask.training.run_dir import RunDir


@dataclass(frozen=True, slots=True)
class TrainingContext:
    """What every step of a run needs.

    Attributes:
        recipe: the configuration.
        run_dir: output folder.
        distributed: device and processes.
        console: messages and progress.
        threads: CPU threads of one inference; None lets the engine choose.
        workers: data-loader processes.
    """

    recipe: Recipe
    run_dir: RunDir
    distributed: DistributedContext
    console: Console
    threads: int | None
    workers: int
