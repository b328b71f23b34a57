"""The reference detector that the face finder learns from: YuNet, read from an ONNX file.

Source: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 2023.
A face is a row of 15 numbers: `x, y, width, height, score`, then five landmarks as `x, y`
(right eye, left eye, nose tip, right and left mouth corner), all in pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.faces.boxes import non_max_suppression
from unmask.runtime import open_session

STRIDES = (8, 16, 32)
ROW = 15


class Teacher:
    """YuNet behind one method.

    Args:
        model: the ONNX file with the twelve outputs `cls_s`, `obj_s`, `bbox_s`, `kps_s` for s in 8, 16, 32.
        threads: CPU threads for one picture.
    """

    def __init__(self, model: Path, threads: int = 1) -> None:
        self._session = open_session(model.read_bytes(), threads=threads)

    def find(self, image: Image.Image, threshold: float = 0.5) -> NDArray[np.float32]:
        """Faces of an RGB picture at its own size: float32 `[n, 15]`, best first."""
        pixels = np.asarray(image, np.float32)[:, :, ::-1]
        height, width = (-(-side // 32) * 32 for side in pixels.shape[:2])
        canvas = np.zeros((height, width, 3), np.float32)
        canvas[: pixels.shape[0], : pixels.shape[1]] = pixels
        raw = self._session.run(input=canvas.transpose(2, 0, 1)[None])
        rows = np.concatenate([_decode(raw, stride, width // stride, threshold) for stride in STRIDES])
        corners = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], 1)
        return rows[non_max_suppression(corners, rows[:, 4], max_iou=0.3)]


def _decode(raw: dict[str, NDArray[np.float32]], stride: int, columns: int, threshold: float) -> NDArray[np.float32]:
    """The rows of one level whose score reaches the threshold."""
    score = np.sqrt(np.clip(raw[f"cls_{stride}"], 0, 1) * np.clip(raw[f"obj_{stride}"], 0, 1)).reshape(-1)
    (chosen,) = np.nonzero(score >= threshold)
    cell = np.stack([chosen % columns, chosen // columns], 1)
    box = raw[f"bbox_{stride}"].reshape(-1, 4)[chosen]
    size = np.exp(box[:, 2:]) * stride
    corner = (cell + box[:, :2]) * stride - size / 2
    points = (raw[f"kps_{stride}"].reshape(-1, 5, 2)[chosen] + cell[:, None]) * stride
    rows = np.concatenate([corner, size, score[chosen, None], points.reshape(-1, 10)], 1)
    return rows.astype(np.float32)


def label_pictures(
    teacher: Teacher, data: Path, names: Iterable[str], cache: Path, note: Callable[[str], None]
) -> dict[str, NDArray[np.float32]]:
    """The teacher's faces (score 0.5 and up) in every named picture of a folder, computed once and kept in `cache`."""
    names = list(names)
    known = _read(cache)
    missing = [name for name in names if name not in known]
    for count, name in enumerate(missing, 1):
        with Image.open(data / name) as image:
            known[name] = teacher.find(image.convert("RGB"))
        if count % 1000 == 0:
            note(f"teacher: {count}/{len(missing)} pictures")
    if missing:
        np.savez_compressed(cache, **{name.replace("/", "|"): rows for name, rows in known.items()})  # type: ignore[arg-type]
    return {name: known[name] for name in names}


def _read(cache: Path) -> dict[str, NDArray[np.float32]]:
    if not cache.exists():
        return {}
    with np.load(cache) as arrays:
        return {key.replace("|", "/"): arrays[key] for key in arrays.files}
