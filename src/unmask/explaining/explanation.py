"""What an explanation is: for each face a map of evidence, the class it speaks for, and whether it means anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.explaining.faithfulness import Faithfulness
from unmask.explaining.overlay import panel
from unmask.explaining.method_descriptions import reading_of
from unmask.preprocessing import Box
from unmask.verdict import Face, Label, Verdict


@dataclass(frozen=True, slots=True, eq=False)
class FaceExplanation:
    """Why one face got its score.

    Attributes:
        face: as it was judged.
        region: the part of the picture the map covers, `x, y, width, height` in pixels of the upright picture.
        target: the class the map speaks for, `fake` or `real`.
        heatmap: evidence by place, float32 `[h, w]`; positive speaks for `target`, negative against it.
        faithfulness: None where it was not asked for.
        crop: the region's pixels, for drawing.
    """

    face: Face
    region: Box
    target: Label
    heatmap: NDArray[np.float32]
    faithfulness: Faithfulness | None
    crop: Image.Image

    def to_dict(self) -> dict[str, Any]:
        """The wire form: the face's, and the map with what it means."""
        return {
            **self.face.to_dict(),
            "region": [round(value, 2) for value in self.region],
            "explained_class": str(self.target),
            "heatmap": np.round(self.heatmap.astype(float), 4).tolist(),
            "faithfulness": self.faithfulness.to_dict() if self.faithfulness else None,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Why a picture got its verdict.

    Attributes:
        verdict: what is explained.
        method: how; one of `METHODS`, or `gradcam`.
        whole_picture: True where no face was found and the whole picture is explained.
        faces: one per face, largest first.
    """

    verdict: Verdict
    method: str
    whole_picture: bool
    faces: tuple[FaceExplanation, ...]

    @property
    def main(self) -> FaceExplanation:
        """The most suspicious face, which the picture's score is that of."""
        return max(self.faces, key=lambda each: each.face.probability_fake)

    @property
    def heatmap(self) -> NDArray[np.float32]:
        """The map of the most suspicious face."""
        return self.main.heatmap

    @property
    def faithfulness(self) -> Faithfulness | None:
        """That of the most suspicious face's map."""
        return self.main.faithfulness

    def overlay(self) -> Image.Image:
        """Each face beside its map, with a legend, as one RGB picture."""
        return panel(self)

    def to_dict(self) -> dict[str, Any]:
        """The wire form: the verdict's, its faces with their maps."""
        return {
            **self.verdict.to_dict(),
            "faces": [each.to_dict() for each in self.faces],
            "method": self.method,
            "method_shows": reading_of(self.method),
            "whole_picture": self.whole_picture,
        }


def target_of(face: Face, wanted: Label | None) -> Label:
    """The class whose evidence is shown: the one asked for, else the label, `fake` where that is `unsure`."""
    if wanted in (Label.FAKE, Label.REAL):
        return wanted
    return Label.REAL if face.label is Label.REAL else Label.FAKE
