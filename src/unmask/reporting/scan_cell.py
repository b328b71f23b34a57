"""One picture in the gallery of a scan: thumbnail, verdict, link to the original, and buttons for a review."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from unmask.errors import UnmaskError
from unmask.headline import Headline, format_probability, make_headline
from unmask.html.page import Markup, element, label_badge, placeholder, thumbnail
from unmask.images import Picture
from unmask.prevalence import restate_probability
from unmask.verdict import Label, Verdict

SIDE = 160
"""Longer side of a thumbnail in pixels."""
_OPPOSITE = {Label.FAKE: Label.REAL, Label.REAL: Label.FAKE}


def scan_cell(
    verdict: Verdict, reopen: Callable[[Verdict], Picture], folder: Path | None, prevalence: float | None
) -> Markup:
    """Makes the cell of a picture.

    Args:
        verdict: the verdict on the picture.
        reopen: opens the image of the verdict again.
        folder: the folder of the page, for the link to the original; None for no link.
        prevalence: the user's share of fakes, for the restated probability; None for none.
    """
    headline = make_headline(verdict)
    name = verdict.path or ""
    image, source = _thumbnail(verdict, reopen, name)
    target = _link(source, folder)
    title = PurePosixPath(name.replace("\\", "/")).name
    shown = element("a", title, href=target) if target else title
    return element(
        "li",
        element("div", element("a", image, href=target, tabindex="-1") if target else image, class_="pictures"),
        element(
            "div",
            label_badge(verdict.label),
            element("span", f" {headline.detail}{_remarks(verdict)}"),
            element("span", _restated(verdict, prevalence), class_="name") if prevalence is not None else None,
            element("span", shown, class_="name", title=name),
            element("div", _buttons(verdict), class_="review", hidden=True),
            class_="text",
        ),
        class_="shot",
        data_label=str(verdict.label),
        data_path=str(Path(source).absolute()) if target else name,
        data_folder=str(PurePosixPath(name.replace("\\", "/")).parent),
        data_score=f"{-1.0 if verdict.probability_fake is None else verdict.probability_fake:.6f}",
        data_doubt=f"{_doubt(headline):.6f}",
    )


def _thumbnail(verdict: Verdict, reopen: Callable[[Verdict], Picture], name: str) -> tuple[Markup, str]:
    """The thumbnail, and the path that the image was opened from: that of a moved picture is its new one."""
    try:
        picture = reopen(verdict)
        small = picture.rgb(SIDE / max(picture.width, picture.height))
    except UnmaskError:
        return placeholder("cannot be opened"), name
    return thumbnail(small, f"{verdict.label}: {name}", SIDE), picture.name or name


def _link(name: str, folder: Path | None) -> str | None:
    """The address of a local file, relative to the page."""
    path = Path(name)
    if folder is None or not path.is_file():
        return None
    try:
        return quote(Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix())
    except ValueError:
        return path.absolute().as_uri()


def _remarks(verdict: Verdict) -> str:
    """The number of faces, the detection score of a doubtful one, the smallest searched face, and the notes."""
    parts = [f"{len(verdict.faces)} faces"] if len(verdict.faces) > 1 else []
    doubtful = [face.detection_score for face in verdict.faces if face.reason and face.detection_score is not None]
    parts += [f"detection score {score:.2f}" for score in doubtful[:1]]
    if not verdict.faces and verdict.smallest_face is not None:
        parts.append(f"searched from {verdict.smallest_face} px")
    return "".join(f"; {part}" for part in (*parts, *verdict.notes))


def _restated(verdict: Verdict, prevalence: float) -> str:
    if verdict.probability_fake is None:
        return "no score"
    probability = format_probability(restate_probability(verdict.probability_fake, prevalence))
    return f"{probability} fake at {100 * prevalence:.3g}% fakes"


def _buttons(verdict: Verdict) -> list[Markup]:
    """Agree and disagree; for an unsure picture, the two labels. A picture without a face has none."""
    if verdict.label in _OPPOSITE:
        labels = {"Agree": verdict.label, "Disagree": _OPPOSITE[verdict.label]}
    elif verdict.label is Label.UNSURE:
        labels = {"It is real": Label.REAL, "It is fake": Label.FAKE}
    else:
        return []
    return [
        element("button", words, type="button", value=str(label), aria_pressed="false")
        for words, label in labels.items()
    ]


def _doubt(headline: Headline) -> float:
    """Distance of the score to the nearest threshold on the scale; 2 without a score."""
    if headline.position is None:
        return 2.0
    return min((abs(headline.position - place) for place, _ in headline.scale.thresholds), default=1.0)
