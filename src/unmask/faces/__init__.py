"""Finds the faces of a picture, with a small network that ships with unmask or with a face detector of the user."""

from __future__ import annotations

from unmask.faces.base import BaseFaceDetector
from unmask.faces.custom import FacesArgument, identify_face_detector, is_importable, load_face_detector
from unmask.faces.doubtful import flag_face, is_doubtful
from unmask.faces.face_detector import FaceDetector
from unmask.faces.found_face import FoundFace
from unmask.faces.tiles import smallest_face

__all__ = [
    "BaseFaceDetector",
    "FaceDetector",
    "FacesArgument",
    "FoundFace",
    "flag_face",
    "identify_face_detector",
    "is_doubtful",
    "is_importable",
    "load_face_detector",
    "smallest_face",
]
