"""Finds the faces of a picture with a small network that ships with unmask."""

from __future__ import annotations

from unmask.faces.face_detector import FaceDetector, FoundFace

__all__ = ["FaceDetector", "FoundFace"]
