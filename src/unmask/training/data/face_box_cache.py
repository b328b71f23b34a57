"""The face box of each image of a dataset, found by the shipped face detector and cached on disk.

The largest face counts. For an image without a face the full frame is used, as `whole_picture=True` does in inference.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from unmask._files import atomic_path
from unmask._paths import user_cache_dir
from unmask.datasets import Dataset, LabeledImage
from unmask.datasets.parallel import parallel_map
from unmask.errors import ImageError
from unmask.faces import FaceDetector
from unmask.images import open_image
from unmask.preprocessing import Box
from unmask.progress import Progress, no_progress, track
from unmask.zoo import FACES

FaceBoxes = dict[str, Box | None]
"""Image name to face box in pixels of the upright image; None if it has no face. Unreadable images are missing."""
FileStamp = tuple[int, int]
"""Size in bytes and modification time in nanoseconds, which change when a file is replaced."""


def find_face_boxes(
    dataset: Dataset,
    *,
    face_detector: FaceDetector | None = None,
    progress: Progress = no_progress,
    log: Callable[[str], None] = lambda text: None,
) -> FaceBoxes:
    """The face box of each readable image, from the cache or by detection on all cores.

    Args:
        dataset: the images.
        face_detector: None loads the shipped face detector.
        progress: receives the number of searched images.
        log: receives a warning if the cache cannot be written.
    """
    cache = user_cache_dir() / f"boxes-{FACES.sha256[:12]}-{dataset.sha256[:16]}.npz"
    stamps = {item.name: stamp for item in dataset if (stamp := _stamp(item))}
    boxes = {name: box for name, (stamp, box) in _read(cache).items() if stamps.get(name) == stamp}
    missing = [item for item in dataset if item.name not in boxes]
    if not missing:
        return boxes
    face_detector = face_detector or FaceDetector.load(threads=1)

    def find(item: LabeledImage) -> tuple[str, Box | None] | None:
        try:
            return item.name, face_detector.largest_box(open_image(item.path))
        except ImageError:
            return None

    try:
        for found in parallel_map(find, track(missing, "finding faces", progress)):
            if found:
                boxes[found[0]] = found[1]
    finally:
        try:
            _write(cache, stamps, boxes)
        except OSError as error:
            log(
                f"{cache.parent}: the face boxes cannot be cached ({error.strerror or error}); the next run searches "
                "them again; set UNMASK_CACHE to a writable folder"
            )
    return boxes


def open_rgb(item: LabeledImage) -> Image.Image:
    """The upright RGB pixels of an image at full size.

    Raises:
        ImageError: it cannot be read.
    """
    return open_image(item.path).rgb()


def _stamp(item: LabeledImage) -> FileStamp | None:
    """None if the file does not exist."""
    try:
        found = item.path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _read(path: Path) -> dict[str, tuple[FileStamp, Box | None]]:
    """Cached boxes with the stamps of their files."""
    if not path.is_file():
        return {}
    with np.load(path) as stored:
        if "stamps" not in stored:
            return {}
        rows = zip(*(stored[key].tolist() for key in ("names", "stamps", "boxes")), strict=True)
        return {name: (tuple(stamp), None if np.isnan(box[0]) else tuple(box)) for name, stamp, box in rows}


def _write(path: Path, stamps: dict[str, FileStamp], boxes: FaceBoxes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    known = [name for name in boxes if name in stamps]
    rows = [boxes[name] or (np.nan,) * 4 for name in known]
    with atomic_path(path, shared=True) as temporary, temporary.open("wb") as file:
        np.savez(
            file,
            names=np.array(known, str),
            stamps=np.array([stamps[name] for name in known], np.int64).reshape(-1, 2),
            boxes=np.array(rows, np.float64).reshape(-1, 4),
        )
