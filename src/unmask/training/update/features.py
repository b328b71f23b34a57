"""Features before the last layer and logits of labeled images, stored so that an interrupted update continues."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from unmask._files import atomic_path
from unmask.datasets import Dataset, LabeledImage
from unmask.detector import Detector
from unmask.errors import UnmaskError
from unmask.images import open_image
from unmask.progress import Progress, track
from unmask.training.update.last_layer import FEATURE, LastLayer, with_features

SAVED_EVERY = 2.0
"""Seconds after which the features are written."""
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Features:
    """Features of the images of a dataset in which a face was found.

    Attributes:
        dataset: these images.
        values: `[N, D]`, features of all last layers, one after the other, averaged over positions and copies.
        logits: `[N]`, the logit of the largest face.
        groups: `[N]`, group numbers; images of one group stay together when the images are divided.
    """

    dataset: Dataset
    values: NDArray[np.float32]
    logits: Array
    groups: NDArray[np.int64]

    @property
    def labels(self) -> Array:
        """1 for fake, `[N]`."""
        return self.dataset.labels.astype(np.float64)

    def take(self, indices: NDArray[np.int64]) -> Features:
        """The images at these indices."""
        dataset = self.dataset.take(indices.tolist())
        return Features(dataset, self.values[indices], self.logits[indices], self.groups[indices])


def concatenate(parts: Sequence[Features]) -> Features:
    """The images of all parts of one dataset, in their order."""
    items = tuple(item for part in parts for item in part.dataset)
    return Features(
        Dataset(items, parts[0].dataset.name),
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.logits for part in parts]),
        np.concatenate([part.groups for part in parts]),
    )


class FeatureStore:
    """Computes features and keeps them in a file, by the SHA-256 of each image.

    Attributes:
        detector: the model, with the features as additional outputs.
    """

    def __init__(self, model: onnx.ModelProto, layers: list[LastLayer], folder: Path, model_sha256: str) -> None:
        """Prepare the model and load stored features.

        Args:
            model: the model.
            layers: its last layers.
            folder: the folder of the update.
            model_sha256: SHA-256 of the model file; features of another model are not used.
        """
        self._layers = layers
        self._file = folder / f"features-{model_sha256[:12]}.npz"
        extended = folder / "with-features.onnx"
        extended.write_bytes(with_features(model, layers).SerializeToString())
        self.detector = Detector.load(extended, threads=None)
        self._known: dict[str, NDArray[np.float32]] = {}
        if self._file.exists():
            with np.load(self._file) as stored:
                self._known = dict(zip(stored["sha256"].tolist(), stored["rows"], strict=True))

    def compute(self, dataset: Dataset, task: str, progress: Progress) -> Features:
        """The features of a dataset; images without a face and unreadable ones are left out.

        Args:
            dataset: the images.
            task: name of the work for the progress.
            progress: receives the number of finished images.
        """
        rows: list[NDArray[np.float32]] = []
        kept: list[int] = []
        unsaved, saved = 0, time.monotonic()
        for index, item in enumerate(track(dataset.items, task, progress)):
            digest = _digest(item)
            if digest and digest not in self._known:
                self._known[digest] = self._row(item)
                unsaved += 1
                if time.monotonic() - saved > SAVED_EVERY:
                    self._save()
                    saved = time.monotonic()
            row = self._known.get(digest or "")
            if row is not None and row.size:
                kept.append(index)
                rows.append(row)
        if unsaved:
            self._save()
        width = sum(layer.width for layer in self._layers)
        stacked = np.stack(rows) if rows else np.zeros((0, width + 1), np.float32)
        found = dataset.take(kept)
        return Features(found, stacked[:, :-1], stacked[:, -1].astype(np.float64), found.groups)

    def _row(self, item: LabeledImage) -> NDArray[np.float32]:
        """The features and the logit of one image, `[D + 1]`; empty without a face."""
        try:
            located = self.detector.locate_faces(open_image(item.path))
            if not located.boxes:
                return np.zeros(0, np.float32)
            crops, regions = self.detector._crops(located, False)
            found = self.detector.run(crops[:1], regions[:1])
        except UnmaskError:
            return np.zeros(0, np.float32)
        parts = [
            found[f"{FEATURE}{number}"].reshape(-1, layer.width).mean(axis=0)
            for number, layer in enumerate(self._layers)
        ]
        return np.concatenate([*parts, found["logit"][:1]]).astype(np.float32)

    def _save(self) -> None:
        """Write all features atomically; images without a face are searched again by the next run."""
        found = {digest: row for digest, row in self._known.items() if row.size}
        with atomic_path(self._file) as draft, draft.open("wb") as file:
            np.savez(file, sha256=np.array(list(found)), rows=np.stack(list(found.values())) if found else np.zeros(0))


def _digest(item: LabeledImage) -> str | None:
    """SHA-256 of a file; None if it cannot be read."""
    try:
        return hashlib.sha256(item.path.read_bytes()).hexdigest()
    except OSError:
        return None
