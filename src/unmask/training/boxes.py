"""Where the face is in each picture of a data set: found once, with the face finder users run, and kept.

The largest face counts. A picture without one is taken whole, as `whole_picture=True` does in use.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from unmask.datasets import Dataset, Item
from unmask.datasets.parallel import in_order
from unmask.errors import ImageError
from unmask.evaluation.judging import Watch, unwatched
from unmask.faces import FaceFinder
from unmask.images import open_image
from unmask.preparing import Box
from unmask.zoo import FACES

Boxes = dict[str, Box | None]
"""Name of a picture to the box of its face in pixels of the upright picture; None where it has no face.

Pictures that cannot be read are not in it.
"""
Stamp = tuple[int, int]
"""Bytes of a file and when it was last written, in nanoseconds: a picture that was replaced has another."""


def find_boxes(
    dataset: Dataset,
    *,
    finder: FaceFinder | None = None,
    watch: Watch = unwatched,
    say: Callable[[str], None] = lambda text: None,
) -> Boxes:
    """The face of each readable picture, from the cache where it has been found before; on all cores.

    Args:
        dataset: the pictures.
        finder: None loads the shipped one.
        watch: lets someone watch.
        say: told where they cannot be kept.
    """
    cache = cache_folder() / f"boxes-{FACES.sha256[:12]}-{dataset.sha256[:16]}.npz"
    stamps = {item.name: stamp for item in dataset if (stamp := _stamp(item))}
    boxes = {name: box for name, (stamp, box) in _read(cache).items() if stamps.get(name) == stamp}
    missing = [item for item in dataset if item.name not in boxes]
    if not missing:
        return boxes
    finder = finder or FaceFinder.load(threads=1)

    def find(item: Item) -> tuple[str, Box | None] | None:
        try:
            return item.name, finder.largest(open_image(item.path))
        except ImageError:
            return None

    try:
        with watch(missing, "finding faces") as items:
            for found in in_order(find, items):
                if found:
                    boxes[found[0]] = found[1]
    finally:
        try:
            _write(cache, stamps, boxes)
        except OSError as error:
            say(
                f"{cache.parent}: cannot be written ({error.strerror or error}); faces are looked for again "
                "next time, unless UNMASK_CACHE names another folder"
            )
    return boxes


def open_rgb(item: Item) -> Image.Image:
    """The upright RGB pixels of a picture at full size.

    Raises:
        ImageError: it cannot be read.
    """
    return open_image(item.path).rgb()


def cache_folder() -> Path:
    """The user's cache folder for unmask: `$UNMASK_CACHE`, or the place the system has for it."""
    named = os.environ.get("UNMASK_CACHE")
    if named:
        return Path(named)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "unmask"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "unmask"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "unmask"


def _stamp(item: Item) -> Stamp | None:
    """None where there is no such file."""
    try:
        found = item.path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _read(path: Path) -> dict[str, tuple[Stamp, Box | None]]:
    """What was found before, with the stamps of the files it was found in."""
    if not path.is_file():
        return {}
    with np.load(path) as stored:
        if "stamps" not in stored:
            return {}
        rows = zip(*(stored[key].tolist() for key in ("names", "stamps", "boxes")), strict=True)
        return {name: (tuple(stamp), None if np.isnan(box[0]) else tuple(box)) for name, stamp, box in rows}


def _write(path: Path, stamps: dict[str, Stamp], boxes: Boxes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.stem}.{os.getpid()}.npz")
    known = [name for name in boxes if name in stamps]
    rows = [boxes[name] or (np.nan,) * 4 for name in known]
    np.savez(
        partial,
        names=np.array(known, str),
        stamps=np.array([stamps[name] for name in known], np.int64).reshape(-1, 2),
        boxes=np.array(rows, np.float64).reshape(-1, 4),
    )
    partial.replace(path)
