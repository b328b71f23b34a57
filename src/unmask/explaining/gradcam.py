"""Grad-CAM for models without a pooling head, computed from the model file alone, without automatic differentiation.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks" (2017). The weight of a channel of the last
convolution is the sum, over its places, of the score's gradient. That sum is the slope of the score when the whole
channel is raised at once, so the part of the network behind the last convolution, run once a little above and once a
little below for each channel, gives it to rounding. The map is the weighted sum of the channels; it is not cut at
zero, so that it can speak for either class.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unmask.detector import Detector
from unmask.errors import MissingExtra, UsageError
from unmask.explaining.perturbation import BATCH, Pixels, Progress, unwatched
from unmask.runtime import Session, open_session
from unmask.zoo import read_model

if TYPE_CHECKING:
    import onnx

STEP = 0.02
"""How far a channel is raised and lowered, as a share of its mean strength."""
_ALONG = frozenset({"BatchNormalization", "Relu", "Clip", "LeakyRelu", "Elu", "HardSwish", "Sigmoid"})
"""Operations that still belong to the convolution before them."""


def gradcam_of(model: str | os.PathLike[str]) -> Callable[[Detector, Pixels, Progress], NDArray[np.float32]]:
    """Grad-CAM for one model, as a method for `explain`.

    Args:
        model: name or path, as the detector was loaded with.

    Raises:
        MissingExtra: the `onnx` library is not installed.
        UsageError: the model has no convolution, or looks at each face in more than one way.
    """
    front, back, cut = _halves(read_model(model))

    def gradcam(detector: Detector, pixels: Pixels, progress: Progress = unwatched) -> NDArray[np.float32]:
        """What each place of the last convolution adds to the log-odds of `fake`, `[h, w]`."""
        features = front.run(pixels=pixels[None])[cut]
        if len(features) != 1:
            raise UsageError(
                "this model looks at each face in two ways, which Grad-CAM cannot follow; use --method cam"
            )
        weights = _slopes(back, cut, features, pixels, progress)
        heatmap = np.einsum("c,chw->hw", weights, features[0]) * detector.card.calibration.slope
        return np.asarray(heatmap, dtype=np.float32)

    return gradcam


def _halves(data: bytes) -> tuple[Session, Session, str]:
    """The network up to its last convolution, the network behind it, and the name of what passes between."""
    try:
        import onnx
        from onnx.utils import Extractor
    except ImportError:
        raise MissingExtra("Grad-CAM", "train") from None
    model = onnx.shape_inference.infer_shapes(onnx.load_from_string(data))
    cut = _last_convolution(model)
    extractor = Extractor(model)
    front = extractor.extract_model(["pixels"], [cut])
    back = extractor.extract_model(["pixels", cut], ["logit"])
    front_session, back_session = (open_session(half.SerializeToString()) for half in (front, back))
    return front_session, back_session, cut


def _last_convolution(model: onnx.ModelProto) -> str:
    """The output of the last convolution, followed through its normalisation and activation."""
    nodes = list(model.graph.node)
    convolutions = [node for node in nodes if node.op_type == "Conv"]
    if not convolutions:
        raise UsageError("this model has no convolution to explain by Grad-CAM; use --method occlusion")
    name = str(convolutions[-1].output[0])
    while True:
        users = [node for node in nodes if name in node.input]
        if len(users) != 1 or users[0].op_type not in _ALONG:
            return name
        name = str(users[0].output[0])


def _slopes(
    back: Session, cut: str, features: NDArray[np.float32], pixels: Pixels, progress: Progress
) -> NDArray[np.float64]:
    """How fast the logit rises when each channel is raised everywhere, `[C]`."""
    channels = features.shape[1]
    steps = STEP * np.abs(features[0]).mean((1, 2)) + 1e-3
    logits = np.empty((channels, 2))
    for start in range(0, channels, BATCH):
        chosen = np.arange(start, min(start + BATCH, channels))
        for side, sign in enumerate((1, -1)):
            raised = np.repeat(features, len(chosen), 0)
            raised[np.arange(len(chosen)), chosen] += sign * steps[chosen, None, None]
            inputs: dict[str, NDArray[Any]] = {"pixels": np.repeat(pixels[None], len(chosen), 0), cut: raised}
            logits[chosen, side] = back.run(**inputs)["logit"]
        progress(int(chosen[-1]) + 1, channels)
    return np.asarray((logits[:, 0] - logits[:, 1]) / (2 * steps))
