"""Face detectors that a user supplies: an ONNX file or a Python function."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from unmask._function_import import import_function, source_sha256
from unmask.errors import BadModelFile, UsageError
from unmask.faces.base import BaseFaceDetector
from unmask.faces.face_check import FaceCheck
from unmask.faces.face_detector import KEY, FaceDetector
from unmask.faces.found_face import FoundFace, faces_inside
from unmask.faces.yunet import YuNetFaceDetector
from unmask.runtime import open_session
from unmask.zoo import FACE_CHECK, FACES

IMPORT_ADVICE = "give module:function, or an .onnx file"
TYPICAL_SCORE = 0.8
"""Search score of a face that a function found: that of a typical face of the shipped detector."""
FaceFunction = Callable[[Image.Image], Iterable[Sequence[float]]]
"""A function from an upright RGB picture to rows of `x, y, width, height` in pixels of it, from forehead to chin."""
FacesArgument = str | os.PathLike[str] | FaceFunction
"""The path of an `.onnx` file (YuNet, or in the shipped detector's format), `module:function`, or a function."""


class FunctionFaceDetector(BaseFaceDetector):
    """A Python function as a face detector; it gets the picture at full size."""

    def __init__(self, function: FaceFunction, check: FaceCheck | None = None) -> None:
        self._function, self.check = function, check

    def _find(self, image: Image.Image, size: tuple[int, int]) -> list[FoundFace]:
        rows = self._function(image)
        try:
            boxes = np.array([[float(value) for value in list(row)[:4]] for row in rows], np.float32).reshape(-1, 4)
        except (TypeError, ValueError):
            raise UsageError(f"{_name(self._function)} did not return rows of x, y, width, height") from None
        if not np.isfinite(boxes).all() or (boxes[:, 2:] <= 0).any():
            raise UsageError(f"{_name(self._function)} returned a box that is empty or not finite")
        corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)
        return faces_inside(corners, np.full(len(boxes), TYPICAL_SCORE), [np.empty((0, 2))] * len(boxes), image.size)

    def scale(self, width: int, height: int) -> float:
        """The full size."""
        return 1.0

    def smallest_face(self, width: int, height: int) -> None:
        """Not known."""


def load_face_detector(faces: FacesArgument | None = None, threads: int | None = None) -> BaseFaceDetector:
    """Load a face detector.

    Args:
        faces: the path of an `.onnx` file, `module:function`, or a function; None for the shipped face detector.
        threads: CPU threads for one picture; None uses the engine's default.

    Raises:
        BadModelFile: the file cannot be read or is no face detector.
        UsageError: there is no such function.
    """
    if faces is None:
        return FaceDetector.load(threads=threads)
    check = FaceCheck.load(threads)
    if callable(faces):
        return FunctionFaceDetector(faces, check)
    if not _is_file(faces):
        return FunctionFaceDetector(import_function(os.fspath(faces), IMPORT_ADVICE), check)
    session = open_session(_read(faces), threads=threads)
    try:
        return (FaceDetector if KEY in session.metadata else YuNetFaceDetector)(session, check)
    except BadModelFile as error:
        raise BadModelFile(f"{os.fspath(faces)}: {error.message}") from None


def identify_face_detector(faces: FacesArgument | None = None) -> dict[str, str | None]:
    """Name and SHA-256 of a face detector's file, and the SHA-256 of the face check that decides about its faces.

    Of a function, the digest is that of the file with its source; None if there is none.

    Args:
        faces: as `load_face_detector` takes it.

    Raises:
        BadModelFile: the file cannot be read.
        UsageError: there is no such function.
    """
    name, digest = _identify(faces)
    return {"name": name, "sha256": digest, "check": FACE_CHECK.sha256}


def _identify(faces: FacesArgument | None) -> tuple[str, str | None]:
    if faces is None:
        return FACES.name, FACES.sha256
    if not callable(faces) and _is_file(faces):
        return Path(faces).name, hashlib.sha256(_read(faces)).hexdigest()
    function = faces if callable(faces) else import_function(os.fspath(faces), IMPORT_ADVICE)
    return _name(function), source_sha256(function)


def is_importable(faces: FacesArgument | None) -> bool:
    """Whether another process can load the face detector: a function must be importable by its name."""
    if not callable(faces):
        return True
    module = sys.modules.get(getattr(faces, "__module__", "") or "")
    return getattr(module, getattr(faces, "__qualname__", ""), None) is faces


def _is_file(faces: str | os.PathLike[str]) -> bool:
    return not isinstance(faces, str) or faces.lower().endswith(".onnx") or ":" not in faces or Path(faces).is_file()


def _read(path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise BadModelFile(f"{os.fspath(path)}: the face detector cannot be read ({reason})") from None


def _name(function: FaceFunction) -> str:
    """`module:function`."""
    return f"{getattr(function, '__module__', '?')}:{getattr(function, '__qualname__', type(function).__name__)}"
