"""The face detector YuNet from an ONNX file (Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.errors import BadModelFile
from unmask.faces.base import BaseFaceDetector
from unmask.faces.candidates import find_candidates
from unmask.faces.face_check import FaceCheck
from unmask.faces.found_face import FoundFace, faces_inside
from unmask.runtime import Session

STRIDES = (8, 16, 32)
OUTPUTS = tuple(f"{name}_{stride}" for name in ("cls", "obj", "bbox", "kps") for stride in STRIDES)
THRESHOLD = 0.7
"""Score from which a box is a face."""


class YuNetNetwork:
    """The network of a YuNet file with the inputs and outputs of `FaceNetwork`."""

    def __init__(self, session: Session) -> None:
        """Wrap a loaded file.

        Raises:
            BadModelFile: the file is no YuNet model, or takes pictures of one size only.
        """
        if len(session.inputs) != 1 or not set(OUTPUTS) <= set(session.outputs):
            raise BadModelFile("not a face detector: neither a file of unmask nor a YuNet model")
        ((self._input, shape),) = session.inputs.items()
        if any(isinstance(side, int) for side in shape[2:]):
            sides = "×".join(map(str, shape[2:]))
            raise BadModelFile(f"this YuNet file takes only {sides} pixels; use the export with dynamic sizes")
        self._session = session

    def run(self, **inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """Run on uint8 RGB `pixels` `[1, H, W, 3]`, H and W multiples of 32 (see `FaceNetwork`)."""
        pixels = inputs["pixels"]
        raw = self._session.run(**{self._input: pixels[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)})
        parts = [_decode(raw, stride, pixels.shape[2] // stride) for stride in STRIDES]
        names = "scores", "boxes", "landmarks"
        return {
            name: np.concatenate(arrays)[None] for name, arrays in zip(names, zip(*parts, strict=True), strict=True)
        }


class YuNetFaceDetector(BaseFaceDetector):
    """YuNet at the search scales and in the tiles of the shipped face detector. Thread-safe."""

    def __init__(self, session: Session, check: FaceCheck | None = None) -> None:
        """Wrap a loaded file.

        Args:
            session: the loaded file.
            check: scores the found faces and drops those that are none; None keeps all.

        Raises:
            BadModelFile: the file is no YuNet model, or takes pictures of one size only.
        """
        self._network, self.check = YuNetNetwork(session), check

    def _find(self, image: Image.Image, size: tuple[int, int]) -> list[FoundFace]:
        corners, scores, landmarks, _ = find_candidates(self._network, image, size, THRESHOLD)
        return faces_inside(corners, scores, landmarks, image.size)


def _decode(raw: dict[str, NDArray[np.float32]], stride: int, columns: int) -> tuple[NDArray[np.float32], ...]:
    """Scores `[n]`, corner boxes `[n, 4]` and landmarks `[n, 5, 2]` of all cells of one stride."""
    scores = np.sqrt(np.clip(raw[f"cls_{stride}"], 0, 1) * np.clip(raw[f"obj_{stride}"], 0, 1)).reshape(-1)
    index = np.arange(len(scores))
    cells = np.stack([index % columns, index // columns], 1)
    shifts = raw[f"bbox_{stride}"].reshape(-1, 4)
    halves = np.exp(shifts[:, 2:]) * stride / 2
    middles = (cells + shifts[:, :2]) * stride
    landmarks = (raw[f"kps_{stride}"].reshape(-1, 5, 2) + cells[:, None]) * stride
    boxes = np.concatenate([middles - halves, middles + halves], 1)
    return scores, boxes.astype(np.float32), landmarks.astype(np.float32)
