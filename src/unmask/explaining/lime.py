"""LIME: a linear model of the detector around one face, on superpixels.

Ribeiro et al., "Why Should I Trust You?" (2016). Superpixels are SLIC's (Achanta et al., 2012), by scikit-image.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from unmask.detector import Detector
from unmask.errors import MissingExtra, UsageError
from unmask.explaining.perturbation import Pixels, Progress, score_parts, unwatched

SEGMENTS = 64
SAMPLES = 1000
KERNEL = 0.25
RIDGE = 1.0


def lime(
    detector: Detector, pixels: Pixels, progress: Progress = unwatched, *, samples: int = SAMPLES, seed: int = 0
) -> NDArray[np.float32]:
    """What each superpixel adds to the log-odds of `fake`, `[size, size]`.

    Costs `samples` inferences; the same seed gives the same map.

    Raises:
        MissingExtra: scikit-image is not installed.
        UsageError: too few samples to fit the linear model.
    """
    if samples < 2 * SEGMENTS:
        raise UsageError(f"lime needs at least {2 * SEGMENTS} samples, not {samples}")
    segments = superpixels(pixels)
    generator = np.random.default_rng(seed)
    keep = generator.random((samples, int(segments.max()) + 1)) < 0.5
    keep[0] = True
    scores = score_parts(detector, pixels, segments, keep, progress)
    return _fit(keep, scores)[segments].astype(np.float32)


def superpixels(pixels: Pixels) -> NDArray[np.intp]:
    """About `SEGMENTS` regions of similar colour, numbered from 0, as `[size, size]`.

    Raises:
        MissingExtra: scikit-image is not installed.
    """
    try:
        from skimage.segmentation import slic
    except ImportError:
        raise MissingExtra("explaining by superpixels (lime)", "explain") from None
    found = slic(pixels, n_segments=SEGMENTS, compactness=10.0, sigma=1.0, start_label=0, channel_axis=-1)
    return np.unique(found, return_inverse=True)[1].reshape(found.shape)


def _fit(keep: NDArray[np.bool_], scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Weights of a ridge regression of the scores on the kept segments, samples weighted by nearness to the face.

    Nearness is an exponential kernel on the cosine distance to the row that keeps everything.
    """
    switches = keep.astype(np.float64)
    distance = 1.0 - np.sqrt(switches.mean(1))
    weight = np.exp(-(distance**2) / KERNEL**2)
    centred = switches - np.average(switches, axis=0, weights=weight)
    target = scores - np.average(scores, weights=weight)
    gram = (centred * weight[:, None]).T @ centred + RIDGE * np.eye(switches.shape[1])
    return np.asarray(np.linalg.solve(gram, (centred * weight[:, None]).T @ target))
