"""What happens beside learning: keeping the best weights, stopping early, slowing down, writing things down.

Whatever a callback has to remember when a run is interrupted goes through `state` and `restore`; callbacks that
write do so in the main process only.
"""

from __future__ import annotations

from unmask.training.callbacks.base import Callback
from unmask.training.callbacks.checkpoint import Checkpoint
from unmask.training.callbacks.deciding import BestWeights, EarlyStopping, ReduceOnPlateau
from unmask.training.callbacks.recording import History, TensorBoard
from unmask.training.callbacks.showing import Progress
from unmask.training.folder import RunFolder
from unmask.training.recipe import Recipe

__all__ = [
    "BestWeights",
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "History",
    "Progress",
    "ReduceOnPlateau",
    "TensorBoard",
    "chosen_by",
]


def chosen_by(recipe: Recipe, folder: RunFolder) -> list[Callback]:
    """The callbacks a recipe asks for, which keep what they decide when a run is interrupted."""
    fitting, schedule = recipe.fit, recipe.schedule
    chosen: list[Callback] = [BestWeights(folder.best, fitting.monitor), History(folder.history)]
    if fitting.patience:
        chosen.append(EarlyStopping(fitting.monitor, fitting.patience, fitting.min_delta))
    if schedule.plateau_patience:
        patience, factor = schedule.plateau_patience, schedule.plateau_factor
        chosen.append(ReduceOnPlateau(fitting.monitor, patience, factor, fitting.min_delta))
    return chosen
