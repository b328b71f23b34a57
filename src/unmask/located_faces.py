"""The faces of a picture: their boxes, and the crops of them that a model sees."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from unmask.images import Picture
from unmask.preprocessing import Box, FaceRegion, extract_patches


@dataclass(frozen=True, slots=True)
class LocatedFaces:
    """A picture and its faces.

    Attributes:
        picture: the opened picture.
        boxes: one per face, `x, y, width, height` in pixels of the full-size upright picture, largest first.
        regions: the square crop for each box, in the same pixels.
        face_regions: for each box, the crop around the face alone, within the crop that the model sees.
        seconds: time that the search took.
        scores: detection score of each face; None if the boxes do not come from the face detector.
        smallest_face: side in pixels below which faces were not searched; None without a search.
    """

    picture: Picture
    boxes: tuple[Box, ...]
    regions: tuple[Box, ...]
    face_regions: tuple[FaceRegion, ...]
    seconds: float = 0.0
    scores: tuple[float, ...] | None = None
    smallest_face: int | None = None

    def patches(self, size: int) -> list[Image.Image]:
        """The pixels of each region; a region with a side above `size` is scaled down to it."""
        return extract_patches(self.picture, self.regions, size)
