"""Thumbnails of labeled images for HTML pages."""

from __future__ import annotations

from unmask.datasets.labeled_image import LabeledImage
from unmask.errors import UnmaskError
from unmask.html.page import Markup, placeholder, thumbnail
from unmask.images import open_image

_SIDE = 200


def item_thumbnail(item: LabeledImage) -> Markup:
    """The thumbnail of an image, or a box with the error if the file cannot be read."""
    try:
        picture = open_image(item.path, name=item.name)
        return thumbnail(picture.rgb(_SIDE / max(picture.width, picture.height)), f"{item.label}: {item.name}", _SIDE)
    except UnmaskError as error:
        return placeholder(error.code.replace("_", " "))
