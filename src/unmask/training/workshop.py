"""What every part of a run needs to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from unmask.training.devices import Place
from unmask.training.folder import RunFolder
from unmask.training.recipe import Recipe
from unmask.training.watching import Watching


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where and how a run happens.

    Attributes:
        recipe: what it follows.
        folder: where it writes.
        place: which device and process this is.
        watching: what a person sees.
        threads: CPU threads of one inference; None lets the engine choose.
        workers: processes that read pictures.
    """

    recipe: Recipe
    folder: RunFolder
    place: Place
    watching: Watching
    threads: int | None
    workers: int
