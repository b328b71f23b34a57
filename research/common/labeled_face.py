"""A labeled image with the box of its face, for the studies of photographs and of out-of-distribution images."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from unmask.datasets import LabeledImage
from unmask.preprocessing import Box

CLEAR = 0.02
"""A face closer to the border of its image than this share of its longer side counts as cut."""


@dataclass(frozen=True, slots=True, eq=False)
class LabeledFace:
    """A labeled image with one face.

    Attributes:
        item: path, label, source and group of the image.
        image: its RGB pixels.
        box: the box of its face.
    """

    item: LabeledImage
    image: Image.Image
    box: Box

    @property
    def side(self) -> float:
        """Longer side of the face box in pixels."""
        return max(self.box[2:])

    @property
    def fully_inside(self) -> bool:
        """Whether the border of the image does not cut the face."""
        x, y, w, h = self.box
        return min(x, y, self.image.width - x - w, self.image.height - y - h) >= CLEAR * self.side
