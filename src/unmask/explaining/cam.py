"""Class activation maps (CAM), for models that compute one with their score.

Zhou et al., "Learning Deep Features for Discriminative Localization" (2016). Where the head is a global average pool
and a linear layer, the logit equals the mean of the map, so the explanation is exact.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmask.detector import Detector
from unmask.errors import UsageError
from unmask.explaining.perturbation import Pixels
from unmask.progress import Progress, no_progress

TASK = "class activation map"


def cam(detector: Detector, pixels: Pixels, progress: Progress = no_progress) -> NDArray[np.float32]:
    """Log-odds of `fake` by place, `[h, w]`; their mean is the calibrated log-odds of the face.

    Raises:
        UsageError: the model has no class activation map.
    """
    outputs = detector.run(pixels[None])
    if "cam" not in outputs:
        raise UsageError(f"model {detector.model.name} has no class activation map; use --method occlusion")
    progress(TASK, 1, 1)
    calibration = detector.card.calibration
    return np.asarray(calibration.slope * outputs["cam"][0] + calibration.intercept, dtype=np.float32)


def has_cam(detector: Detector) -> bool:
    """Whether the model computes a class activation map."""
    size = detector.card.preprocessing.size
    return "cam" in detector.run(np.zeros((1, size, size, 3), np.uint8))
