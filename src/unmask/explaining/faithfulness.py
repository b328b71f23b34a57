"""Tests whether a heat map shows what the score depends on, by deletion and insertion curves against random maps.

Deletion and insertion curves follow Petsiuk et al. (RISE, 2018). The area under a curve also depends on the image
and on the pixels that fill removed parts. So each map is compared with random copies of itself that are rotated,
mirrored and shifted around the borders: regions of the same shapes and sizes at random places. The faithfulness score
is the share of random maps that the map beats. A map without meaning scores 0.5 on average.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.detector import Detector
from unmask.explaining.perturbation import Pixels, grid_segments, score_perturbed
from unmask.progress import Progress, no_progress
from unmask.verdict import Label

CELLS = 14
"""Cells along each side of the tested map."""
RIVALS = 20
"""Number of random maps."""
STEPS = (1 / 16, 1 / 8, 1 / 4, 3 / 8, 1 / 2, 3 / 4)
"""Shares of the cells that are removed or restored, besides none and all."""
SIGNIFICANT, WEAK = 0.95, 0.8
"""Scores above the first are better than chance at the 5 % level; scores below the second are called chance."""
TIE = 1e-6
"""Differences up to this size are ties: they are rounding errors."""


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """How well a map shows what the score depends on.

    Attributes:
        deletion: mean probability of the explained class while the map's strongest places are removed first. A low
            value means a good map.
        insertion: mean probability while the strongest places are restored first. A high value means a good map.
        random_deletion, random_insertion: means of both for the random maps.
        score: share of random maps that the map beats; ties count half; 0.5 is chance.
        rivals: number of random maps.
    """

    deletion: float
    insertion: float
    random_deletion: float
    random_insertion: float
    score: float
    rivals: int

    @property
    def better_than_chance(self) -> bool:
        """Whether the map beats the random maps at the 5 % level."""
        return self.score > SIGNIFICANT

    @property
    def reading(self) -> str:
        """The score in plain sentences."""
        beaten = f"the map beats {self.score:.0%} of random maps of the same shapes"
        if self.better_than_chance:
            return f"Better than chance: {beaten}."
        if self.score >= WEAK:
            return f"Weak: {beaten}; chance is 50%."
        return f"No better than chance: {beaten}. Do not interpret it."

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "deletion": self.deletion,
            "insertion": self.insertion,
            "random_deletion": self.random_deletion,
            "random_insertion": self.random_insertion,
            "score": self.score,
            "rivals": self.rivals,
            "better_than_chance": self.better_than_chance,
        }


def measure_faithfulness(
    detector: Detector,
    pixels: Pixels,
    heatmap: NDArray[np.float32],
    target: Label,
    progress: Progress = no_progress,
    *,
    rivals: int = RIVALS,
    seed: int = 0,
) -> Faithfulness:
    """Tests a map of evidence on the face it was made from, with `12 · (1 + rivals) + 2` inferences.

    Maps are compared by log-odds, which do not saturate. The reported areas are probabilities.

    Args:
        detector: the model.
        pixels: the face.
        heatmap: evidence for `target` by place, `[h, w]`.
        target: the explained class, `fake` or `real`.
        progress: receives the number of inferences done.
        rivals: number of random maps.
        seed: seed of the random maps.
    """
    own = _resize(heatmap)
    maps = [own, *_random_maps(own, rivals, np.random.default_rng(seed))]
    keep = np.concatenate([_ENDS, *(_masks(each) for each in maps)])
    segments = grid_segments(pixels.shape[0], CELLS)
    scores = score_perturbed(detector, pixels, segments, keep, progress, task="faithfulness").astype(np.float64)
    odds = _curves(scores if target is Label.FAKE else -scores, len(maps))
    areas = _area(odds)
    gain = areas[:, 1] - areas[:, 0]
    lead = gain[0] - gain[1:]
    means = _area(1.0 / (1.0 + np.exp(-np.clip(odds, -30.0, 30.0))))
    return Faithfulness(
        deletion=float(means[0, 0]),
        insertion=float(means[0, 1]),
        random_deletion=float(means[1:, 0].mean()),
        random_insertion=float(means[1:, 1].mean()),
        score=float((lead > TIE).mean() + 0.5 * (np.abs(lead) <= TIE).mean()),
        rivals=rivals,
    )


_ENDS = np.array([[False] * CELLS**2, [True] * CELLS**2])
"""Masks at the ends of all curves: nothing kept, everything kept."""


def _resize(heatmap: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map at the resolution of the test, `[CELLS, CELLS]`."""
    image = Image.fromarray(np.ascontiguousarray(heatmap, dtype=np.float32))
    return np.asarray(image.resize((CELLS, CELLS), Image.Resampling.BILINEAR), dtype=np.float32)


def _random_maps(heatmap: NDArray[np.float32], count: int, generator: np.random.Generator) -> list[NDArray[np.float32]]:
    """Copies of a map, rotated by quarter turns, mirrored, and shifted around the borders."""
    copies = []
    for turns, mirrored, down, right in generator.integers((4, 2, CELLS, CELLS), size=(count, 4)):
        copy = np.rot90(heatmap, turns)
        copies.append(np.roll(copy[:, ::-1] if mirrored else copy, (down, right), (0, 1)))
    return copies


def _masks(heatmap: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Kept cells `[2 · STEPS, CELLS²]`: the strongest cells removed at each step, then only them kept at each step."""
    rank = np.argsort(np.argsort(-heatmap.ravel(), kind="stable"))
    strongest = np.stack([rank < round(step * rank.size) for step in STEPS])
    return np.concatenate([~strongest, strongest])


def _curves(scores: NDArray[np.float64], maps: int) -> NDArray[np.float64]:
    """Arranges the scores of `_ENDS` and of each map's masks as curves with both ends, `[maps, 2, STEPS + 2]`."""
    curves = np.empty((maps, 2, len(STEPS) + 2))
    curves[:, :, 1:-1] = scores[2:].reshape(maps, 2, len(STEPS))
    curves[:, 0, -1] = curves[:, 1, 0] = scores[0]
    curves[:, 0, 0] = curves[:, 1, -1] = scores[1]
    return curves


def _area(curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area under each curve over the share of cells, `[…]` for `[…, STEPS + 2]`."""
    widths = np.diff([0.0, *STEPS, 1.0])
    return np.asarray(((curves[..., 1:] + curves[..., :-1]) / 2 * widths).sum(-1))
