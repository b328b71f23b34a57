"""Labelled pictures as thumbnails; one that cannot be shown says why."""

from __future__ import annotations

from unmask.datasets.item import Item
from unmask.errors import UnmaskError
from unmask.html.page import Markup, missing, thumbnail
from unmask.images import open_image

_SIDE = 200


def item_thumbnail(item: Item) -> Markup:
    """A picture of a data set, small; in its place the reason where it cannot be read."""
    try:
        picture = open_image(item.path, name=item.name)
        return thumbnail(picture.rgb(_SIDE / max(picture.width, picture.height)), f"{item.label}: {item.name}", _SIDE)
    except UnmaskError as error:
        return missing(error.code.replace("_", " "))
