"""Finds the faces of a picture with a small network that ships with unmask."""

from __future__ import annotations

from unmask.faces.doubtful import flag_face, is_doubtful
from unmask.faces.face_detector import FaceDetector, FoundFace
from unmask.faces.tiles import smallest_face

__all__ = ["FaceDetector", "FoundFace", "flag_face", "is_doubtful", "smallest_face"]
