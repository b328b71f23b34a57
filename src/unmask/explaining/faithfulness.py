"""Does a map mean anything? Remove what it points at, and compare with removing the same shape somewhere else.

Deletion and insertion curves are Petsiuk et al.'s (RISE, 2018). A curve alone says little: its area depends on the
picture and on what fills the holes. So each map competes with copies of itself that are turned, mirrored and moved
around the borders: regions of the very same shapes and sizes at random places. The score is the share of them it
beats; a map without meaning comes out at one half, however convincing it looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.detector import Detector
from unmask.explaining.perturbation import Pixels, Progress, grid, score_parts, unwatched
from unmask.verdict import Label

CELLS = 14
RIVALS = 20
STEPS = (1 / 16, 1 / 8, 1 / 4, 3 / 8, 1 / 2, 3 / 4)
CONVINCING, WEAK = 0.95, 0.8
TIE = 1e-6
"""Smaller differences are rounding."""


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """How well a map tells what the score rests on.

    Attributes:
        deletion: mean probability of the explained class while the map's strongest places go first; low is good.
        insertion: the same while they come first; high is good.
        random_deletion, random_insertion: means of the same for the rivals, the same shapes at random places.
        score: share of the rivals the map beats, ties counting half; 0.5 is chance.
        rivals: how many there were.
    """

    deletion: float
    insertion: float
    random_deletion: float
    random_insertion: float
    score: float
    rivals: int

    @property
    def better_than_chance(self) -> bool:
        """Whether the map beats the rivals at the 5 % level."""
        return self.score > CONVINCING

    @property
    def reading(self) -> str:
        """The score in a sentence."""
        beaten = f"stronger than {self.score:.0%} of equal shapes at random places"
        if self.better_than_chance:
            return f"The marked places carry the score: {beaten}."
        if self.score >= WEAK:
            return f"Weak: {beaten}; chance is 50%."
        return f"No better than chance: {beaten}. Read no meaning into this map."

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


def measure(
    detector: Detector,
    pixels: Pixels,
    heatmap: NDArray[np.float32],
    target: Label,
    progress: Progress = unwatched,
    *,
    rivals: int = RIVALS,
    seed: int = 0,
) -> Faithfulness:
    """Test a map of evidence for `target` (`fake` or `real`), `[h, w]`, on the face it was made from.

    Maps are ranked by log-odds, which do not saturate; the areas are given as probabilities, for people.
    Costs `12 · (1 + rivals) + 2` inferences.
    """
    own = _coarse(heatmap)
    maps = [own, *_moved(own, rivals, np.random.default_rng(seed))]
    keep = np.concatenate([_ENDS, *(_questions(each) for each in maps)])
    scores = score_parts(detector, pixels, grid(pixels.shape[0], CELLS), keep, progress).astype(np.float64)
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


def _coarse(heatmap: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map at the resolution of the test, `[CELLS, CELLS]`."""
    image = Image.fromarray(np.ascontiguousarray(heatmap, dtype=np.float32))
    return np.asarray(image.resize((CELLS, CELLS), Image.Resampling.BILINEAR), dtype=np.float32)


def _moved(heatmap: NDArray[np.float32], count: int, generator: np.random.Generator) -> list[NDArray[np.float32]]:
    """Copies of a map, turned by quarters, mirrored, and shifted around the borders."""
    copies = []
    for turns, mirrored, down, right in generator.integers((4, 2, CELLS, CELLS), size=(count, 4)):
        copy = np.rot90(heatmap, turns)
        copies.append(np.roll(copy[:, ::-1] if mirrored else copy, (down, right), (0, 1)))
    return copies


def _questions(heatmap: NDArray[np.float32]) -> NDArray[np.bool_]:
    """For each step, the strongest cells gone; then, for each step, only they in place: `[2 · STEPS, CELLS²]`."""
    rank = np.argsort(np.argsort(-heatmap.ravel(), kind="stable"))
    strongest = np.stack([rank < round(step * rank.size) for step in STEPS])
    return np.concatenate([~strongest, strongest])


def _curves(scores: NDArray[np.float64], maps: int) -> NDArray[np.float64]:
    """Scores of `_ENDS` and of each map's questions as curves with both ends: `[maps, 2, STEPS + 2]`."""
    curves = np.empty((maps, 2, len(STEPS) + 2))
    curves[:, :, 1:-1] = scores[2:].reshape(maps, 2, len(STEPS))
    curves[:, 0, -1] = curves[:, 1, 0] = scores[0]
    curves[:, 0, 0] = curves[:, 1, -1] = scores[1]
    return curves


def _area(curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area under each curve over the share of cells, `[…]` for `[…, STEPS + 2]`."""
    widths = np.diff([0.0, *STEPS, 1.0])
    return np.asarray(((curves[..., 1:] + curves[..., :-1]) / 2 * widths).sum(-1))
