"""Updates a finished model with new kinds of fakes, without forgetting the old ones."""

from __future__ import annotations

from unmask.training.update.full_update import full_update
from unmask.training.update.quick_update import Updated, quick_update

__all__ = ["Updated", "full_update", "quick_update"]
