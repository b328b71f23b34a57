"""Draws explanations: each face, its heat map as an overlay, and a legend that names the class."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from unmask.explaining.colormap import apply_colormap
from unmask.explaining.method_descriptions import describe_method
from unmask.verdict import Label, display_probability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from unmask.explaining.explanation import Explanation, FaceExplanation

SIDE, GAP, HEAD, FOOT, BAR = 320, 16, 68, 56, 14
SCALE_WIDTH = 74
OPACITY = 0.72
INK, PAPER, FAINT = (24, 24, 27), (255, 255, 255), (90, 90, 98)
GRAY = 128


def overlay_heatmap(face: FaceExplanation, side: int = SIDE, top: float | None = None) -> Image.Image:
    """Draws a face in grayscale with its heat map as an overlay, `side` pixels square.

    Color and opacity grow with the evidence, from transparent at 0 to full at `top`. Places with evidence against the
    class stay transparent.

    Args:
        face: the explained face.
        side: side of the drawing in pixels.
        top: value with full opacity; None takes the largest absolute value of the map.
    """
    strength = np.clip(face.heatmap / (largest_strength([face]) if top is None else top), 0.0, 1.0)
    smooth = Image.fromarray(strength.astype(np.float32)).resize((side, side), Image.Resampling.BICUBIC)
    values = np.clip(np.asarray(smooth, dtype=np.float32), 0.0, 1.0)
    gray = face.crop.convert("L").convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    return Image.fromarray(_blend(np.asarray(gray, dtype=np.float32), values))


def _blend(background: NDArray[np.float32], values: NDArray[np.float32]) -> NDArray[np.uint8]:
    opacity = (OPACITY * np.sqrt(values))[..., None]
    return np.rint((1 - opacity) * background + opacity * apply_colormap(values)).astype(np.uint8)


def draw_panel(explanation: Explanation) -> Image.Image:
    """Draws one row per face: the face, the face with its map, and the color scale that all maps share."""
    faces = explanation.faces
    width = 3 * GAP + 2 * SIDE + SCALE_WIDTH
    sheet = Image.new("RGB", (width, GAP + len(faces) * (HEAD + SIDE + GAP) + FOOT), PAPER)
    draw = ImageDraw.Draw(sheet)
    top_value = largest_strength(faces)
    for number, face in enumerate(faces, start=1):
        top = GAP + (number - 1) * (HEAD + SIDE + GAP)
        name = "Whole picture (no face found)" if explanation.whole_picture else f"Face {number}"
        _text(draw, (GAP, top), f"{name}: {_verdict(face)}", 18, INK)
        _paragraph(draw, (GAP, top + 26), _faithfulness(face), width - 2 * GAP)
        sheet.paste(face.crop.resize((SIDE, SIDE), Image.Resampling.LANCZOS), (GAP, top + HEAD))
        sheet.paste(overlay_heatmap(face, SIDE, top_value), (2 * GAP + SIDE, top + HEAD))
        _legend(sheet, draw, (3 * GAP + 2 * SIDE, top + HEAD), face.target, top_value)
    model = explanation.verdict.model
    method = f"{explanation.method}: {describe_method(explanation.method)}."
    notes = f"{method} Model {model.name} {model.version}. Evidence, not proof."
    _paragraph(draw, (GAP, sheet.height - FOOT), notes, width - 2 * GAP)
    return sheet


def _verdict(face: FaceExplanation) -> str:
    judged = face.face
    return f"{judged.label.upper()}, probability of fake {display_probability(judged.probability_fake):.1%}"


def _faithfulness(face: FaceExplanation) -> str:
    tested = face.faithfulness.reading if face.faithfulness else "The map's faithfulness was not tested."
    return f"Evidence for {face.target.upper()}. {tested}"


def _legend(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, at: tuple[int, int], target: Label, top_value: float
) -> None:
    x, y = at
    head = 40
    ramp = np.linspace(1.0, 0.0, SIDE - head, dtype=np.float32)[:, None].repeat(BAR, 1)
    sheet.paste(Image.fromarray(_blend(np.full((*ramp.shape, 3), GRAY, np.float32), ramp)), (x, y + head))
    _text(draw, (x, y), "evidence for", 12, FAINT)
    _text(draw, (x, y + 15), target.upper(), 14, INK)
    _text(draw, (x + BAR + 5, y + head - 2), f"+{top_value:.2g}", 12, INK)
    _text(draw, (x + BAR + 5, y + head + 12), "log-odds", 10, FAINT)
    _text(draw, (x + BAR + 5, y + SIDE - 15), "0 or less", 12, INK)


def _text(draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, ink: tuple[int, int, int]) -> None:
    draw.text(at, text, fill=ink, font=ImageFont.load_default(size))


def _paragraph(draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, width: int) -> None:
    """Draws small text in lines of at most `width` pixels."""
    font = ImageFont.load_default(13)
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if draw.textlength(longer, font=font) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    draw.multiline_text(at, "\n".join(lines), fill=FAINT, font=font, spacing=4)


def largest_strength(faces: Sequence[FaceExplanation]) -> float:
    """The largest absolute value in the maps of one image, at least 1e-6: the top of their common color scale."""
    return max((float(np.abs(each.heatmap).max()) for each in faces), default=0.0) or 1e-6
