"""Grad-CAM for models without a pooling head, computed from the model file without automatic differentiation.

Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks" (2017). The weight of a channel of the last
convolution is the sum of the score's gradient over the channel's places. That sum equals the slope of the score when
the whole channel is raised. This module measures the slope by central differences: it runs the part of the network
after the last convolution with each channel slightly raised and slightly lowered. The map is the weighted sum of the
channels. Negative values are kept, because they are evidence for the other class.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unmask.card_reader import FACE_REGION
from unmask.detector import Detector
from unmask.errors import MissingExtra, UsageError
from unmask.explaining.perturbation import BATCH, Pixels
from unmask.progress import Progress, no_progress
from unmask.runtime import Session, open_session
from unmask.zoo import read_model

if TYPE_CHECKING:
    import onnx

STEP = 0.02
"""How far a channel is raised and lowered, as a share of its mean absolute value."""
_ELEMENTWISE = frozenset({"BatchNormalization", "Relu", "Clip", "LeakyRelu", "Elu", "HardSwish", "Sigmoid"})
"""Normalization and activation operations that are counted as part of the convolution before them."""


def gradcam_of(model: str | os.PathLike[str]) -> Callable[[Detector, Pixels, Progress], NDArray[np.float32]]:
    """Prepares Grad-CAM for one model and returns it as a method for `explain`.

    The method raises UsageError for a model that scores more than one version of each face, such as a mirrored one.

    Args:
        model: name or path of the model that the detector has loaded.

    Raises:
        MissingExtra: the `onnx` library is not installed.
        UsageError: the model has no convolution.
    """
    front, back, cut = _split_at_last_convolution(read_model(model))

    def gradcam(detector: Detector, pixels: Pixels, progress: Progress = no_progress) -> NDArray[np.float32]:
        """What each place of the last convolution adds to the log-odds of `fake`, `[h, w]`."""
        features = None if FACE_REGION in back.inputs else front.run(pixels=pixels[None])[cut]
        if features is None or len(features) != 1:
            raise UsageError(
                "Grad-CAM needs a model that scores each face once; this one scores several versions of it; "
                "use --method cam"
            )
        weights = _slopes(back, cut, features, pixels, progress)
        heatmap = np.einsum("c,chw->hw", weights, features[0]) * detector.card.calibration.slope
        return np.asarray(heatmap, dtype=np.float32)

    return gradcam


def _split_at_last_convolution(data: bytes) -> tuple[Session, Session, str]:
    """Splits a network after its last convolution: both parts, and the name of the tensor between them."""
    try:
        import onnx
        from onnx.utils import Extractor
    except ImportError:
        raise MissingExtra("the method gradcam", "train") from None
    model = onnx.shape_inference.infer_shapes(onnx.load_from_string(data))
    cut = _last_convolution(model)
    extractor, inputs = Extractor(model), [entry.name for entry in model.graph.input]
    front = extractor.extract_model(inputs, [cut])
    back = extractor.extract_model([*inputs, cut], ["logit"])
    front_session, back_session = (open_session(part.SerializeToString()) for part in (front, back))
    return front_session, back_session, cut


def _last_convolution(model: onnx.ModelProto) -> str:
    """Name of the last convolution's output, after its normalization and activation."""
    nodes = list(model.graph.node)
    convolutions = [node for node in nodes if node.op_type == "Conv"]
    if not convolutions:
        raise UsageError(
            "Grad-CAM needs a model with a convolution, and this model has no convolution; use --method occlusion"
        )
    name = str(convolutions[-1].output[0])
    while True:
        users = [node for node in nodes if name in node.input]
        if len(users) != 1 or users[0].op_type not in _ELEMENTWISE:
            return name
        name = str(users[0].output[0])


def _slopes(
    back: Session, cut: str, features: NDArray[np.float32], pixels: Pixels, progress: Progress
) -> NDArray[np.float64]:
    """Slope of the logit when each channel is raised at all places, `[C]`."""
    channels = features.shape[1]
    steps = STEP * np.abs(features[0]).mean((1, 2)) + 1e-3
    logits = np.empty((channels, 2))
    progress("gradcam", 0, channels)
    for start in range(0, channels, BATCH):
        chosen = np.arange(start, min(start + BATCH, channels))
        for side, sign in enumerate((1, -1)):
            raised = np.repeat(features, len(chosen), 0)
            raised[np.arange(len(chosen)), chosen] += sign * steps[chosen, None, None]
            inputs: dict[str, NDArray[Any]] = {"pixels": np.repeat(pixels[None], len(chosen), 0), cut: raised}
            logits[chosen, side] = back.run(**inputs)["logit"]
        progress("gradcam", int(chosen[-1]) + 1, channels)
    return np.asarray((logits[:, 0] - logits[:, 1]) / (2 * steps))
