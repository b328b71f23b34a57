"""Result types of `explain()`: for each face a heat map, the class it explains, and the map's faithfulness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.explaining.faithfulness import Faithfulness
from unmask.explaining.method_descriptions import describe_method
from unmask.explaining.overlay import draw_panel
from unmask.preprocessing import Box
from unmask.verdict import Face, Label, Verdict


@dataclass(frozen=True, slots=True, eq=False)
class FaceExplanation:
    """The explanation of one face's score.

    Attributes:
        face: the face with its score.
        region: the part of the image that the map covers, `x, y, width, height` in pixels of the upright image.
        target: the explained class, `fake` or `real`.
        heatmap: evidence by place, float32 `[h, w]`; positive values are evidence for `target`, negative ones against.
        faithfulness: the test of the map; None where it was not requested.
        crop: pixels of the region, for drawing.
    """

    face: Face
    region: Box
    target: Label
    heatmap: NDArray[np.float32]
    faithfulness: Faithfulness | None
    crop: Image.Image

    def to_dict(self) -> dict[str, Any]:
        """The wire form: the face's fields, with the map and its faithfulness."""
        return {
            **self.face.to_dict(),
            "region": [round(value, 2) for value in self.region],
            "explained_class": str(self.target),
            "heatmap": np.round(self.heatmap.astype(float), 4).tolist(),
            "faithfulness": self.faithfulness.to_dict() if self.faithfulness else None,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """The explanation of an image's verdict.

    Attributes:
        verdict: the explained verdict.
        method: name of the explanation method.
        whole_picture: True where no face was found and the whole image is explained.
        faces: one explanation per face, largest face first.
    """

    verdict: Verdict
    method: str
    whole_picture: bool
    faces: tuple[FaceExplanation, ...]

    @property
    def main(self) -> FaceExplanation:
        """The face with the highest probability of fake."""
        return max(self.faces, key=lambda each: each.face.probability_fake)

    @property
    def heatmap(self) -> NDArray[np.float32]:
        """The map of the face with the highest probability of fake."""
        return self.main.heatmap

    @property
    def faithfulness(self) -> Faithfulness | None:
        """The faithfulness of that map."""
        return self.main.faithfulness

    def overlay(self) -> Image.Image:
        """Draws each face beside its map, with a legend, as one RGB image."""
        return draw_panel(self)

    def to_dict(self) -> dict[str, Any]:
        """The wire form: the verdict's fields, with maps in its faces."""
        return {
            **self.verdict.to_dict(),
            "faces": [each.to_dict() for each in self.faces],
            "method": self.method,
            "method_shows": describe_method(self.method),
            "whole_picture": self.whole_picture,
        }


def explained_class(face: Face, wanted: Label | None) -> Label:
    """The class to explain: `wanted` where it is `fake` or `real`, else the face's label, else `fake`."""
    if wanted in (Label.FAKE, Label.REAL):
        return wanted
    return Label.REAL if face.label is Label.REAL else Label.FAKE
