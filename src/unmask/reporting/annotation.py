"""Draws a labeled box around each face of an image."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from unmask.errors import UsageError
from unmask.images import Picture
from unmask.verdict import Face, Label, Verdict, display_probability

LABEL_COLORS: dict[Label, str] = {Label.FAKE: "#c62828", Label.REAL: "#2e7d32", Label.UNSURE: "#f9a825"}
MAX_SIDE = 2048
"""Longer side of the annotated image in pixels, at most."""


def annotate(picture: Picture, verdict: Verdict) -> Image.Image:
    """Draws the upright image with a labeled box around each face."""
    scale = min(1.0, MAX_SIDE / max(picture.width, picture.height))
    image = picture.rgb(scale)
    image = image.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
    draw = ImageDraw.Draw(image)
    size = max(12, round(max(image.size) / 45))
    for number, face in enumerate(verdict.faces, start=1):
        name = f"{number} " if len(verdict.faces) > 1 else ""
        _draw_box(draw, face, f" {name}{_words(face)} ", scale, size, image.size)
    return image


def _words(face: Face) -> str:
    """The label; that of a fake with its probability."""
    word = str(face.label).upper()
    return f"{word} {display_probability(face.probability_fake):.0%}" if face.label is Label.FAKE else word


def _draw_box(
    draw: ImageDraw.ImageDraw, face: Face, text: str, scale: float, size: int, bounds: tuple[int, int]
) -> None:
    x, y, w, h = (value * scale for value in face.box)
    color = LABEL_COLORS[face.label]
    draw.rectangle((x, y, x + w, y + h), outline=color, width=max(2, size // 6))
    font = ImageFont.load_default(size)
    left, top, right, bottom = draw.textbbox((0, 0), text, font=font)
    width, height = right - left, bottom - top + size // 2
    at_x = min(max(0.0, x), max(0.0, bounds[0] - width))
    at_y = y - height if y >= height else min(y + h, bounds[1] - height)
    draw.rectangle((at_x, at_y, at_x + width, at_y + height), fill=color)
    ink = "black" if face.label is Label.UNSURE else "white"
    draw.text((at_x, at_y + size // 4 - top), text, fill=ink, font=font)


def save_annotated(picture: Picture, verdict: Verdict, folder: Path) -> Path:
    """Writes the annotated image as JPEG into `folder`, under a new file name.

    Raises:
        UsageError: the folder cannot be written.
    """
    stem = Path(picture.name or "picture").stem or "picture"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target = _new_path(folder, stem)
        annotate(picture, verdict).save(target, "JPEG", quality=92)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror or error})") from error
    return target


def _new_path(folder: Path, stem: str) -> Path:
    target, number = folder / f"{stem}.jpg", 1
    while target.exists():
        number += 1
        target = folder / f"{stem}-{number}.jpg"
    return target
