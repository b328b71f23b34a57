"""The timeline of a clip as image, page and JSON: each face's score over time, and its most suspicious frame."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from unmask.errors import UsageError
from unmask.headline import format_probability, make_headline
from unmask.html.page import (
    Markup,
    definition_list,
    element,
    gallery,
    gallery_cell,
    label_badge,
    page,
    section,
    table,
    thumbnail,
)
from unmask.reporting.annotation import LABEL_COLORS
from unmask.score_scale import ScoreScale
from unmask.verdict import Label, Verdict
from unmask.video import ClipVerdict, Track

WIDTH, HEIGHT, EDGE = 960, 260, 62
_TOP, _BOTTOM = 8, 26
_ZONE_TINTS = {Label.FAKE: "#fbeceb", Label.UNSURE: "#fdf6e3", Label.REAL: "#edf6f0"}
MAX_THUMBNAILS = 8
"""Faces with a thumbnail on the image."""


def draw_timeline(clip: ClipVerdict) -> Image.Image:
    """Draws the scores over time with the thresholds, and below them each face at its most suspicious moment."""
    side = (WIDTH - EDGE) // MAX_THUMBNAILS
    image = Image.new("RGB", (WIDTH, HEIGHT + side + 44), "white")
    scale = ScoreScale.from_thresholds(clip.verdict.thresholds)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(12)
    _axes(draw, clip, scale, font)
    for track in clip.tracks:
        points = [(_x(clip, moment.time), _y(scale.position(moment.probability_fake))) for moment in track.moments]
        draw.line(points, fill=LABEL_COLORS[track.label], width=2, joint="curve")
        for x, y in points:
            draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=LABEL_COLORS[track.label])
    for number, track in enumerate(clip.tracks[:MAX_THUMBNAILS]):
        left, top = EDGE + number * side, HEIGHT + 10
        image.paste(track.thumbnail.resize((side - 8, side - 8)), (left, top))
        words = f"{number + 1} {track.label}\n{format_probability(track.probability_fake)}, {_clock(track.peak.time)}"
        draw.multiline_text((left, top + side - 6), words, fill="black", font=font)
    return image


def _axes(
    draw: ImageDraw.ImageDraw,
    clip: ClipVerdict,
    scale: ScoreScale,
    font: ImageFont.ImageFont | ImageFont.FreeTypeFont,
) -> None:
    """The zones of the labels, each with its name in its middle, the thresholds between them, and the time."""
    for zone in scale.zones:
        top, bottom = _y(zone.end), _y(zone.start)
        draw.rectangle((EDGE, top, WIDTH, bottom), fill=_ZONE_TINTS[zone.label])
        draw.text((4, (top + bottom) / 2 - 7), str(zone.label), fill="black", font=font)
    for place, probability in scale.thresholds:
        draw.line((EDGE, _y(place), WIDTH, _y(place)), fill="#999999")
        draw.text((4, _y(place) - 7), f"{probability:.1%}", fill="#666666", font=font)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        label = _clock(share * clip.duration)
        x = min(_x(clip, share * clip.duration), WIDTH - 8 * len(label))
        draw.text((x, HEIGHT - 18), label, fill="black", font=font)


def _x(clip: ClipVerdict, time: float) -> float:
    return EDGE + (WIDTH - EDGE - 6) * (time / clip.duration if clip.duration else 0.0)


def _y(place: float) -> float:
    """The height of a place on the scale."""
    return _TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - place)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}:{rest:04.1f}"


def clip_page(clip: ClipVerdict) -> str:
    """Renders the timeline as one self-contained HTML document."""
    verdict = clip.verdict
    headline = make_headline(verdict)
    return page(
        f"{Path(verdict.path or 'clip').name}",
        element("p", label_badge(verdict.label), " ", element("strong", headline.detail)),
        element("p", headline.caution, class_="note"),
        definition_list(dict(_facts(clip, verdict))),
        section("Score over time", thumbnail(draw_timeline(clip), "score of each face over time", WIDTH)),
        section("Faces at their most suspicious moment", gallery(map(_gallery_cell, clip.tracks))),
        section("What to do next", element("ol", (element("li", step) for step in headline.next_steps))),
        section(
            "All judged frames",
            table(("face", "time", "fake"), list(_moments(clip)), caption="frames", numbers=2),
        ),
        lead="A face's score is the mean over its frames. A score is not proof.",
    )


def _facts(clip: ClipVerdict, verdict: Verdict) -> Iterator[tuple[str, Markup | str]]:
    yield (
        "judged",
        f"{clip.frames} frames of {_clock(clip.duration)}, {verdict.width}×{verdict.height} {verdict.format}",
    )
    if clip.damage:
        yield "damage", clip.damage
    yield "sha256", verdict.sha256
    yield "model", f"{verdict.model.name} {verdict.model.version}"


def _gallery_cell(track: Track) -> Markup:
    peak = track.peak
    mean = f"{format_probability(track.probability_fake)} fake over {len(track.moments)} frames"
    highest = f"{format_probability(peak.probability_fake)} at {_clock(peak.time)}"
    return gallery_cell(
        (thumbnail(track.thumbnail, f"face at {_clock(peak.time)}"),), label_badge(track.label), f" {mean}; {highest}"
    )


def _moments(clip: ClipVerdict) -> Iterator[tuple[str, str, str]]:
    for number, track in enumerate(clip.tracks, start=1):
        for moment in track.moments:
            yield str(number), _clock(moment.time), format_probability(moment.probability_fake)


def save_timeline(clip: ClipVerdict, folder: Path) -> Path:
    """Writes `NAME.json`, `NAME.png` and `NAME.html` into a folder.

    Returns:
        The path of the HTML file.

    Raises:
        UsageError: the folder cannot be written.
    """
    name = Path(clip.verdict.path or "clip").name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(clip.to_dict(), indent=1) + "\n", "utf-8")
        draw_timeline(clip).save(folder / f"{name}.png")
        target = folder / f"{name}.html"
        target.write_text(clip_page(clip), "utf-8")
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written ({error.strerror or error})") from error
    return target
