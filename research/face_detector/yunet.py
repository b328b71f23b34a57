"""The reference detector YuNet, read from an ONNX file; its faces are the labels of the training images.

Source: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 2023.
A face is a row of 15 numbers: `x, y, width, height, score`, then five landmarks as `x, y`
(right eye, left eye, nose tip, right and left mouth corner), all in pixels.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask._files import atomic_path
from unmask.faces.boxes import non_max_suppression
from unmask.faces.yunet import YuNetNetwork
from unmask.progress import Progress, no_progress, track
from unmask.runtime import open_session


class YuNet:
    """Finds faces in images of any size.

    Args:
        model: the ONNX file with the twelve outputs `cls_s`, `obj_s`, `bbox_s`, `kps_s` for s in 8, 16, 32.
        threads: CPU threads for one image.
    """

    def __init__(self, model: Path, threads: int = 1) -> None:
        self._network = YuNetNetwork(open_session(model.read_bytes(), threads=threads))

    def find(self, image: Image.Image, threshold: float = 0.5) -> NDArray[np.float32]:
        """Faces of an RGB image at its own size: float32 `[n, 15]`, highest score first."""
        pixels = np.asarray(image)
        height, width = (-(-side // 32) * 32 for side in pixels.shape[:2])
        padded = np.zeros((1, height, width, 3), np.uint8)
        padded[0, : pixels.shape[0], : pixels.shape[1]] = pixels
        raw = self._network.run(pixels=padded)
        (likely,) = np.nonzero(raw["scores"][0] >= threshold)
        scores, corners, landmarks = (raw[name][0, likely] for name in ("scores", "boxes", "landmarks"))
        sizes = corners[:, 2:] - corners[:, :2]
        rows = np.concatenate([corners[:, :2], sizes, scores[:, None], landmarks.reshape(-1, 10)], 1)
        kept = non_max_suppression(corners, scores, max_iou=0.3)
        return rows[kept].astype(np.float32)


def annotate_images(
    reference: YuNet, data: Path, names: Iterable[str], cache: Path, *, progress: Progress = no_progress
) -> dict[str, NDArray[np.float32]]:
    """The faces with a score of 0.5 or more in each named image, from the cache or by detection.

    Args:
        reference: the detector.
        data: folder of the images.
        names: paths of the images in the folder.
        cache: `.npz` file of the faces found so far; written if an image is missing in it.
        progress: receives the number of searched images.
    """
    names = list(names)
    known = _read(cache)
    missing = [name for name in names if name not in known]
    try:
        for name in track(missing, "finding reference faces", progress):
            with Image.open(data / name) as image:
                known[name] = reference.find(image.convert("RGB"))
    finally:
        if missing:
            _write(cache, known)
    return {name: known[name] for name in names}


def _read(cache: Path) -> dict[str, NDArray[np.float32]]:
    if not cache.exists():
        return {}
    with np.load(cache) as arrays:
        return {key.replace("|", "/"): arrays[key] for key in arrays.files}


def _write(cache: Path, known: dict[str, NDArray[np.float32]]) -> None:
    arrays = {name.replace("/", "|"): rows for name, rows in known.items()}
    with atomic_path(cache) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
