"""Finds the faces of a picture: a picture in, boxes out, with a small model of our own."""

from __future__ import annotations

from unmask.faces.finder import FaceFinder, FoundFace

__all__ = ["FaceFinder", "FoundFace"]
