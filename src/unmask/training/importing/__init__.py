"""Bringing a model of one's own: a foreign network becomes a model file, if its classes are what is said of them."""

from __future__ import annotations

from unmask.training.importing.conversion import Imported, import_model

__all__ = ["Imported", "import_model"]
