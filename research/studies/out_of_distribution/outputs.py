"""Outputs of a model for labeled faces: calibrated logits, class activation maps and the features of its last layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from PIL import Image

from research.common.labeled_face import LabeledFace
from research.studies.out_of_distribution.changes import Change
from unmask import Detector, open_image
from unmask.card_reader import model_inputs
from unmask.datasets import Dataset
from unmask.preprocessing import Box, preprocess
from unmask.runtime import Session
from unmask.training.config import PseudoFakeConfig
from unmask.training.data.pseudo_fakes import make_fake

Array = NDArray[np.float64]
FEATURES = "features"
BATCH = 32


@dataclass(frozen=True, slots=True, eq=False)
class ModelOutputs:
    """Outputs of the model for N faces.

    Attributes:
        fake: `[N]`, True for fakes.
        groups: `[N]`, group of each image.
        logits: `[N]`, calibrated.
        maps: `[N, h, w]`, class activation maps; None if the model has none.
        features: `[N, C]`, inputs of the last layer, averaged over positions.
    """

    fake: NDArray[np.bool_]
    groups: NDArray[np.int64]
    logits: Array
    maps: Array | None
    features: Array

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """True where the more probable class is the wrong one, `[N]`."""
        wrong: NDArray[np.bool_] = (self.logits >= 0) != self.fake
        return wrong

    def take(self, chosen: NDArray[np.bool_]) -> ModelOutputs:
        """The outputs selected by a mask `[N]`."""
        maps = None if self.maps is None else self.maps[chosen]
        return ModelOutputs(self.fake[chosen], self.groups[chosen], self.logits[chosen], maps, self.features[chosen])


def find_largest_faces(detector: Detector, dataset: Dataset) -> list[LabeledFace]:
    """The images with a face, each with its largest face."""
    found = []
    for item in dataset:
        picture = open_image(item.path)
        boxes = detector.locate_faces(picture).boxes
        if boxes:
            found.append(LabeledFace(item, picture.rgb(), boxes[0]))
    return found


def with_features(model: bytes) -> bytes:
    """The model with the input of its last weighted layer as an additional output named `features`."""
    graph = onnx.load_model_from_string(model).graph
    made = {output: node for node in graph.node for output in node.output}
    wanted = "cam" if any(output.name == "cam" for output in graph.output) else "logit"
    node = made[wanted]
    while node.op_type not in ("Conv", "Gemm", "MatMul"):
        node = made[node.input[0]]
    full = onnx.load_model_from_string(model)
    full.graph.node.append(onnx.helper.make_node("Identity", [node.input[0]], [FEATURES]))
    full.graph.output.append(onnx.helper.make_tensor_value_info(FEATURES, onnx.TensorProto.FLOAT, None))
    return bytes(full.SerializeToString())


def run(session: Session, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Outputs for N images; the features of a model with flip test-time augmentation are averaged over both views."""
    found = session.run(**model_inputs(session, pixels))
    features = found[FEATURES]
    return {**found, FEATURES: features.reshape(-1, len(pixels), *features.shape[1:]).mean(axis=0)}


def run_changed(session: Session, detector: Detector, faces: Sequence[LabeledFace], change: Change) -> ModelOutputs:
    """Outputs for each face after a change of its image."""
    images = [(change(face.image), face) for face in faces]
    return run_all(session, detector, images, [face.item.label == "fake" for face in faces])


def run_pseudo_fakes(session: Session, detector: Detector, reals: Sequence[LabeledFace], seed: int) -> ModelOutputs:
    """Outputs for one pseudo-fake made from each real face."""
    rng = np.random.default_rng(seed)

    def donor() -> tuple[Image.Image, Box]:
        other = reals[int(rng.integers(len(reals)))]
        return other.image, other.box

    made = [(make_fake((one.image, one.box), donor, PseudoFakeConfig(share=0.5), rng), one) for one in reals]
    return run_all(session, detector, made, [True] * len(made))


def run_all(
    session: Session, detector: Detector, images: Sequence[tuple[Image.Image, LabeledFace]], fake: Sequence[bool]
) -> ModelOutputs:
    """Outputs for changed images, each with the face from which it was made."""
    crops = np.stack([_crop(detector, image, face) for image, face in images])
    parts = [run(session, crops[start : start + BATCH]) for start in range(0, len(crops), BATCH)]
    raw = {name: np.concatenate([part[name] for part in parts]).astype(np.float64) for name in parts[0]}
    features = raw[FEATURES]
    groups = Dataset(tuple(face.item for _, face in images), "changed").groups
    calibrated = np.array([detector.card.calibration.logit(float(value)) for value in raw["logit"]])
    pooled = features.reshape(*features.shape[:2], -1).mean(axis=2) if features.ndim > 2 else features
    return ModelOutputs(np.array(fake, bool), groups, calibrated, raw.get("cam"), pooled)


def _crop(detector: Detector, image: Image.Image, face: LabeledFace) -> NDArray[np.uint8]:
    across, down = image.width / face.image.width, image.height / face.image.height
    x, y, w, h = face.box
    return preprocess(open_image(image), (x * across, y * down, w * across, h * down), detector.card.preprocessing)


def concatenate(parts: Sequence[ModelOutputs]) -> ModelOutputs:
    """Concatenate several sets; groups of different sets stay different."""
    offsets = np.cumsum([0, *(int(part.groups.max()) + 1 for part in parts[:-1])])
    maps = [part.maps for part in parts if part.maps is not None]
    return ModelOutputs(
        np.concatenate([part.fake for part in parts]),
        np.concatenate([part.groups + offset for part, offset in zip(parts, offsets, strict=True)]),
        np.concatenate([part.logits for part in parts]),
        np.concatenate(maps) if maps else None,
        np.concatenate([part.features for part in parts]),
    )
