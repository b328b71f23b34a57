"""From a source of pictures to findings."""

from __future__ import annotations

from unmask.scanning.sources import list_pictures

__all__ = ["list_pictures"]
