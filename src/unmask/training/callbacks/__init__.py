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

__all__ = [
    "BestWeights",
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "History",
    "Progress",
    "ReduceOnPlateau",
    "TensorBoard",
]
