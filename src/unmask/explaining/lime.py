"""LIME: a local linear model of the detector around one face, on superpixels.

Ribeiro et al., "Why Should I Trust You?" (2016). The superpixels are SLIC (Achanta et al., 2012), from scikit-image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmask.detector import Detector
from unmask.errors import MissingExtra, UsageError
from unmask.explaining.perturbation import Pixels, score_perturbed
from unmask.progress import Progress, no_progress

SEGMENTS = 64
"""Approximate number of superpixels."""
SAMPLES = 1000
KERNEL_WIDTH = 0.25
"""Width of the exponential kernel that weights samples by cosine distance."""
RIDGE = 1.0
"""Strength of the L2 penalty."""


def lime(
    detector: Detector, pixels: Pixels, progress: Progress = no_progress, *, samples: int = SAMPLES, seed: int = 0
) -> NDArray[np.float32]:
    """What each superpixel adds to the log-odds of `fake`, `[size, size]`.

    The method runs `samples` inferences. The same seed gives the same map.

    Raises:
        MissingExtra: scikit-image is not installed.
        UsageError: `samples` is too small to fit the linear model.
    """
    if samples < 2 * SEGMENTS:
        raise UsageError(f"lime needs at least {2 * SEGMENTS} samples, not {samples}; raise --samples")
    segments = superpixels(pixels)
    generator = np.random.default_rng(seed)
    keep = generator.random((samples, int(segments.max()) + 1)) < 0.5
    keep[0] = True  # the unperturbed face
    scores = score_perturbed(detector, pixels, segments, keep, progress, task="lime")
    return _fit_ridge(keep, scores)[segments].astype(np.float32)


def superpixels(pixels: Pixels) -> NDArray[np.intp]:
    """About `SEGMENTS` regions of similar color, numbered from 0, `[size, size]`.

    Raises:
        MissingExtra: scikit-image is not installed.
    """
    try:
        from skimage.segmentation import slic
    except ImportError:
        raise MissingExtra("the method lime", "explain") from None
    found = slic(pixels, n_segments=SEGMENTS, compactness=10.0, sigma=1.0, start_label=0, channel_axis=-1)
    return np.unique(found, return_inverse=True)[1].reshape(found.shape)


def _fit_ridge(keep: NDArray[np.bool_], scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Coefficients of a weighted ridge regression of the scores on the kept segments.

    The weight of a sample is an exponential kernel of its cosine distance to the row that keeps all segments.
    """
    kept = keep.astype(np.float64)
    distance = 1.0 - np.sqrt(kept.mean(1))
    weight = np.exp(-(distance**2) / KERNEL_WIDTH**2)
    centered = kept - np.average(kept, axis=0, weights=weight)
    target = scores - np.average(scores, weights=weight)
    gram = (centered * weight[:, None]).T @ centered + RIDGE * np.eye(kept.shape[1])
    return np.asarray(np.linalg.solve(gram, (centered * weight[:, None]).T @ target))
