"""What every face detector does: it finds the faces of an opened picture and checks them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

from PIL import Image

from unmask.faces.face_check import FaceCheck
from unmask.faces.found_face import FoundFace
from unmask.faces.tiles import smallest_face
from unmask.images import Picture
from unmask.preprocessing import Box, search_scale


class BaseFaceDetector(ABC):
    """A face detector. Subclasses implement the search in decoded pixels.

    Attributes:
        check: scores the found faces and drops those that are none; None keeps all with the scores of the search.
    """

    check: FaceCheck | None = None

    @abstractmethod
    def _find(self, image: Image.Image, size: tuple[int, int]) -> list[FoundFace]:
        """All faces in pixels of `image`, which shows a picture of `size` pixels, perhaps at a reduced scale."""

    def find(self, image: Image.Image) -> list[FoundFace]:
        """All faces of an upright RGB picture, largest first."""
        return self._checked(image, self._find(image, image.size))

    def find_faces(self, picture: Picture) -> tuple[FoundFace, ...]:
        """All faces in pixels of the full-size upright picture, largest first.

        Raises:
            CorruptImage: the picture cannot be decoded.
        """
        size = picture.width, picture.height
        image = picture.rgb(self.scale(*size))
        scale = max(size) / max(image.size)
        return tuple(face.scaled(scale) for face in self._checked(image, self._find(image, size)))

    def _checked(self, image: Image.Image, faces: list[FoundFace]) -> list[FoundFace]:
        return self.check.apply(image, faces) if self.check else faces

    def find_boxes(self, picture: Picture) -> tuple[Box, ...]:
        """The boxes of all faces in pixels of the full-size upright picture, largest first.

        Raises:
            CorruptImage: the picture cannot be decoded.
        """
        return tuple(face.box for face in self.find_faces(picture))

    def largest_box(self, picture: Picture) -> Box | None:
        """The box of the largest face as in `find_boxes`; None if there is no face.

        Raises:
            CorruptImage: the picture cannot be decoded.
        """
        return next(iter(self.find_boxes(picture)), None)

    def scale(self, width: int, height: int) -> float:
        """The scale at which a picture is decoded for the search."""
        return search_scale(width, height)

    def smallest_face(self, width: int, height: int) -> int | None:
        """Side in pixels below which faces of a picture are not searched; None if that is not known."""
        return math.ceil(smallest_face(width, height))
