"""Finds the faces of a picture with a small network that ships with unmask."""

from __future__ import annotations

from unmask.faces.finder import FaceFinder, FoundFace

__all__ = ["FaceFinder", "FoundFace"]
