"""The report on one image as an HTML page, for the screen and for paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from PIL import Image

from unmask._encoding import encode_image
from unmask.explaining.explanation import FaceExplanation
from unmask.explaining.method_descriptions import describe_method
from unmask.explaining.overlay import overlay_heatmap
from unmask.headline import format_probability
from unmask.html.markup import Markup, element
from unmask.html.page import (
    badge,
    chart,
    data_uri,
    definition_list,
    label_badge,
    notice,
    page,
    section,
    table,
    tiles,
)
from unmask.reporting.annotation import annotate
from unmask.reporting.report import Report
from unmask.reporting.report_charts import score_scale, spectrum_chart
from unmask.reporting.report_text import key_facts, map_caption, map_passed, meaning, stability_reading
from unmask.signals import Severity, Signal
from unmask.verdict import Face

MAX_SIDE = 1100
"""Longer side of an image on the page in pixels, at most."""
PICTURE_BOX = (600, 430)
"""Width and height in CSS pixels that the picture fills on a wide screen."""
_TONE = {Severity.NONE: "none", Severity.LOOK: "unsure", Severity.STRONG: "fake"}
_WORD = {Severity.NONE: "nothing unusual", Severity.LOOK: "worth a look", Severity.STRONG: "take seriously"}


def report_page(report: Report) -> str:
    """Renders the report as one self-contained HTML document: one page of summary, then the appendix."""
    verdict = report.verdict
    created = report.created.strftime("%Y-%m-%d %H:%M UTC")
    return page(
        PurePath(verdict.path).name if verdict.path else "Picture",
        _summary(report),
        element("div", *_appendix(report), class_="appendix"),
        lead=f"Judged {created} by the model {verdict.model.name} {verdict.model.version}. Evidence, not proof.",
    )


def _appendix(report: Report) -> Iterator[Markup]:
    yield section("Appendix: what the verdict means", *(element("p", sentence) for sentence in meaning(report)))
    yield _faces(report)
    yield _explanation(report)
    yield _signals(report)
    yield _model(report)
    yield _chain_of_custody(report)


def _summary(report: Report) -> Markup:
    """The picture, the verdict once, the scale, the key facts and the next steps."""
    headline = report.headline
    shown = (
        element(
            "figure",
            _image(overlay_heatmap(report.deciding), "The face with its map of the evidence", side=320),
            element("figcaption", map_caption(report)),
        )
        if map_passed(report)
        else None
    )
    words = element(
        "div",
        element("p", label_badge(headline.label), class_="verdict"),
        element("p", _capitalized(headline.detail), class_="detail"),
        element("p", headline.sentence),
        element("p", headline.caution, class_="note"),
        shown,
        class_="words",
    )
    picture = element("figure", _picture(report), class_="picture")
    return element(
        "section",
        element("div", picture, words, class_="summary"),
        element("figure", score_scale(headline), class_="chart"),
        tiles(key_facts(report)),
        element("h2", "What to do next"),
        element("ol", (element("li", step) for step in headline.next_steps)),
        class_="first-page",
    )


def _picture(report: Report) -> Markup:
    """The annotated picture, as large as the left column."""
    image = annotate(report.picture, report.verdict)
    data = _shrunk(image, MAX_SIDE)
    scale = min(PICTURE_BOX[0] / image.width, PICTURE_BOX[1] / image.height)
    return element(
        "img",
        src=data_uri(encode_image(data, "JPEG", quality=85), "image/jpeg"),
        alt="The picture with a labeled box around each face",
        width=round(image.width * scale),
        height=round(image.height * scale),
    )


def _capitalized(words: str) -> str:
    return words[:1].upper() + words[1:]


def _faces(report: Report) -> Markup:
    rows = [_face(number, face) for number, face in enumerate(report.verdict.faces, start=1)]
    name = "Whole picture" if report.explanation.whole_picture else "Face"
    return section(
        "Each face",
        table((name, "Verdict", "Box in pixels", "Probability of fake", "Re-encoded", "Label flips"), rows, numbers=3),
        element("p", stability_reading(report)),
    )


def _face(number: int, face: Face) -> tuple[Markup | str, ...]:
    x, y, w, h = face.box
    probe = face.stability
    span = f"{format_probability(probe.min)} to {format_probability(probe.max)}" if probe else "not measured"
    flips = str(probe.flips) if probe else "not measured"
    box = f"{w} × {h} at {x}, {y}"
    return str(number), label_badge(face.label), box, format_probability(face.probability_fake), span, flips


def _explanation(report: Report) -> Markup:
    explanation = report.explanation
    rows = [_faithfulness(number, face) for number, face in enumerate(explanation.faces, start=1)]
    head = ("Face", "Evidence for", "Deletion", "Random deletion", "Insertion", "Random insertion", "Faithfulness")
    return section(
        "Why: the explanation of the score",
        element("figure", _image(explanation.overlay(), "Each face beside its map of evidence"), class_="chart wide"),
        *(
            element("p", f"Face {n}: {each.faithfulness.reading}")
            for n, each in enumerate(explanation.faces, 1)
            if each.faithfulness
        ),
        table(
            head,
            rows,
            caption=(
                "Test of each map: mean probability of the class while the marked places are removed (deletion) or "
                "restored (insertion), and the share of random maps that the map beats (faithfulness; chance is 50%)."
            ),
            numbers=5,
        ),
        note=f"Method {explanation.method}: {describe_method(explanation.method)}.",
    )


def _faithfulness(number: int, face: FaceExplanation) -> tuple[str, ...]:
    test = face.faithfulness
    if test is None:
        return str(number), str(face.target), *("not tested",) * 5
    values = (test.deletion, test.random_deletion, test.insertion, test.random_insertion)
    return str(number), str(face.target), *(f"{value:.3f}" for value in values), f"{test.score:.0%}"


def _signals(report: Report) -> Markup:
    return section(
        "Signals beside the score",
        *(part for signal in report.signals for part in _signal(signal)),
        note="Evidence in the file and its pixels. No signal decides alone.",
    )


def _signal(signal: Signal) -> Iterator[Markup]:
    yield element("h3", signal.title, " ", badge(_WORD[signal.severity], _TONE[signal.severity]))
    yield element("p", signal.reading)
    found = dict(_details(signal))
    if found:
        yield definition_list(found)
    if signal.name == "spectrum" and "rings_db" in signal.details:
        yield chart(spectrum_chart(signal), "Power by frequency, and the range of 98 % of real photographs.", wide=True)
    if signal.picture:
        yield element("figure", _image(signal.picture, f"Map of {signal.title.lower()}", side=420))
    yield element("p", f"Limits: {signal.limits}", class_="note")


def _details(signal: Signal) -> Iterator[tuple[str, str]]:
    """Yields name and value of each detail as text; arrays of numbers are left out."""
    details = dict(signal.details)
    yield from details.pop("fields", {}).items()
    for name, value in details.items():
        if name in ("rings_db", "luminance_table", "region", "levels") or value in (None, [], {}, ""):
            continue
        if name == "generator_traces":
            value = "; ".join(f"{each['generator']} in {each['field']}" for each in value)
        elif isinstance(value, list):
            value = ", ".join(str(each) for each in value)
        elif isinstance(value, float):
            value = f"{value:.3g}"
        elif isinstance(value, bool):
            value = "yes" if value else "no"
        yield name.replace("_", " "), str(value)[:600]


def _model(report: Report) -> Markup:
    card, rule = report.card, report.card.decision
    entries = {
        "Model": f"{card.name} {card.version}",
        "Purpose": card.summary or "not stated",
        "Thresholds": f"{rule.thresholds}, for a single face",
        "Error rates at these thresholds": str(rule),
        "License": card.license or "not stated",
    }
    limits = element("ul", (element("li", each) for each in card.limits)) if card.limits else None
    return section("The model", definition_list(entries), element("h3", "Known limits") if limits else None, limits)


def _chain_of_custody(report: Report) -> Markup:
    verdict = report.verdict
    entries = {
        "Picture": verdict.path or "no name",
        "sha256 of the picture": element("code", verdict.sha256),
        "Size and format": f"{verdict.width} × {verdict.height} px, {verdict.format}",
        "sha256 of the model": element("code", verdict.model.sha256),
        "Judged at": report.created.strftime("%Y-%m-%d %H:%M:%S UTC"),
        "Preprocessing": ", ".join(f"{name} {value}" for name, value in report.card.preprocessing.to_dict().items()),
    }
    check = (
        "To verify this verdict later, keep the picture and an evidence record; "
        "to make the record, run: unmask detect PICTURE --record FILE"
    )
    return section("Chain of custody", definition_list(entries), notice(element("p", check)))


def _image(image: Image.Image, alt: str, *, side: int = MAX_SIDE, quality: int | None = None) -> Markup:
    """An image inside the page: JPEG where a quality is given, else PNG."""
    small = _shrunk(image, side)
    data = encode_image(small, "JPEG", quality=quality) if quality else encode_image(small, "PNG", optimize=True)
    kind = "image/jpeg" if quality else "image/png"
    style = "max-width:100%;height:auto;display:block"
    return element("img", src=data_uri(data, kind), alt=alt, width=small.width, height=small.height, style=style)


def _shrunk(image: Image.Image, side: int) -> Image.Image:
    """A copy whose longer side is at most `side`."""
    small = image.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return small
