"""Draws a picture in the terminal with colored half blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from rich.text import Text

    from unmask.images import Picture
    from unmask.verdict import Verdict

UPPER_HALF = "▀"
MARGIN = 0.4
"""Part of the face's size that is shown around it."""


def draw_picture(picture: Picture, verdict: Verdict, columns: int, rows: int) -> Text:
    """The picture, or its largest face with a margin, in at most `columns` × `rows` characters.

    Args:
        picture: the opened picture.
        verdict: its verdict; without faces the whole picture is drawn.
        columns: largest width in characters.
        rows: largest height in characters; each shows two rows of pixels.
    """
    from rich.text import Text

    image = picture.rgb()
    if verdict.faces:
        x, y, w, h = verdict.faces[0].box
        image = image.crop((round(x - MARGIN * w), round(y - MARGIN * h), round(x + w * 1.4), round(y + h * 1.4)))
    image.thumbnail((columns, 2 * rows), Image.Resampling.LANCZOS)
    width, height = image.width, image.height // 2 * 2
    pixels = np.asarray(image, np.uint8)
    drawn = Text()
    for top in range(0, height, 2):
        for left in range(width):
            upper, lower = pixels[top, left], pixels[top + 1, left]
            drawn.append(UPPER_HALF, f"rgb{_color(upper)} on rgb{_color(lower)}")
        drawn.append("\n")
    return drawn


def _color(pixel: NDArray[np.uint8]) -> str:
    red, green, blue = pixel.tolist()
    return f"({red},{green},{blue})"
