"""The one look of everything unmask writes as a page: self-contained, without a script, light, dark and on paper.

    >>> page("A title", section("A heading", element("p", "Text, escaped: <b>")), lead="One line.")

Whatever is put into a page is escaped, unless it is `Markup` made by these functions. The page forbids itself to
load anything: even a hole in the escaping could not call home.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from PIL import Image

from unmask._encoding import encode_image
from unmask._version import __version__
from unmask.errors import UsageError
from unmask.html.markup import Child, Markup, element, join, text
from unmask.verdict import Label

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

TONES: dict[str, str] = {Label.FAKE: "fake", Label.REAL: "real", Label.UNSURE: "unsure", Label.NO_FACE: "none"}
"""The colour of each label; a word always stands beside it."""

_WORDS: dict[str, str] = {
    Label.FAKE: "✗ fake",
    Label.REAL: "✓ real",
    Label.UNSURE: "? unsure",
    Label.NO_FACE: "– no face",
}


@cache
def _style() -> str:
    return files("unmask.html").joinpath("page.css").read_text("utf-8")


def page(title: str, *sections: Child, lead: Child = None, footer: Child = None) -> str:
    """A whole HTML document.

    Args:
        title: of the page and its first heading.
        sections: what stands on it, mostly made by `section`.
        lead: one or two sentences below the title.
        footer: what stands below everything, before the line that names unmask's version.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="generator", content=f"unmask {__version__}"),
        element("title", f"{title} · unmask"),
        element("style", Markup(_style())),
    )
    top = element(
        "header",
        element("p", "unmask", class_="brand"),
        element("h1", title),
        element("p", lead, class_="lead") if lead else None,
        class_="top",
    )
    end = element(
        "footer", footer, element("p", f"Made by unmask {__version__}. This page is complete: it loads nothing.")
    )
    body = element("body", top, element("main", *sections), end)
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def reserve(path: Path) -> Path:
    """Make sure a page can be written, before the work it will show is done.

    Args:
        path: of the file; folders on the way to it are made.

    Raises:
        UsageError: nothing can be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8"):
            return path
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror or error})") from error


def section(heading: str, *children: Child, note: Child = None) -> Markup:
    """A part of the page below its own heading; the note explains it in a line."""
    return element("section", element("h2", heading), element("p", note, class_="note") if note else None, *children)


def tiles(entries: Iterable[tuple[str, str, str]]) -> Markup:
    """The few figures that matter most: name, value, and a line of small print each."""
    parts = (("name", "value", "more"), entries)
    return element(
        "ul",
        (
            element(
                "li",
                (element("span", word, class_=kind) for kind, word in zip(parts[0], entry, strict=True)),
                class_="tile",
            )
            for entry in parts[1]
        ),
        class_="tiles",
    )


def table(head: Sequence[str], rows: Iterable[Sequence[Child]], *, caption: Child = None, numbers: int = 0) -> Markup:
    """A table whose rows begin with what they are about.

    Args:
        head: names of the columns.
        rows: cells; the first of each row is its heading.
        caption: what the table shows.
        numbers: how many of the last columns hold numbers and stand right-aligned.
    """
    first = len(head) - numbers
    kinds = ["number" if column >= first else None for column in range(len(head))]
    body = (
        element(
            "tr",
            (
                element("td", cell, class_=kind) if column else element("th", cell, scope="row", class_=kind)
                for column, (cell, kind) in enumerate(zip(row, kinds, strict=True))
            ),
        )
        for row in rows
    )
    columns = (element("th", name, scope="col", class_=kind) for name, kind in zip(head, kinds, strict=True))
    inside = join(
        element("caption", caption) if caption else None,
        element("thead", element("tr", columns)),
        element("tbody", body),
    )
    return element(
        "div", element("table", inside), class_="scroll", tabindex="0", role="region", aria_label=_named(caption)
    )


def _named(caption: Child) -> str:
    return caption if isinstance(caption, str) and not isinstance(caption, Markup) else "table"


def facts(entries: Mapping[str, Child]) -> Markup:
    """Names and values, one below the other."""
    return element(
        "dl", ((element("dt", name), element("dd", value)) for name, value in entries.items()), class_="facts"
    )


def badge(word: str, tone: str = "accent") -> Markup:
    """A word in a coloured pill; tones are `fake`, `real`, `unsure`, `none` and `accent`."""
    return element("span", word, class_=f"badge tone-{tone}")


def label_badge(label: str) -> Markup:
    """A verdict's label as sign, word and colour."""
    return badge(_WORDS.get(label, label), TONES.get(label, "none"))


def notice(*children: Child, tone: str = "accent") -> Markup:
    """A remark that should not be missed."""
    return element("div", *children, class_=f"notice tone-{tone}")


def charts(*drawn: Child) -> Markup:
    """Charts side by side where there is room."""
    return element("div", *drawn, class_="charts")


def chart(svg: Markup, caption: Child = None, *, wide: bool = False) -> Markup:
    """A chart with what it shows in a line; a wide one stands alone."""
    words = element("figcaption", caption) if caption else None
    return element("figure", svg, words, class_="chart wide" if wide else "chart")


def gallery(shots: Iterable[Child], *, pairs: bool = False) -> Markup:
    """Pictures in a grid, made by `shot`; in wider cells where they come in pairs."""
    return element("ul", shots, class_="gallery pairs" if pairs else "gallery")


def shot(pictures: Sequence[Markup], *words: Child, name: str = "") -> Markup:
    """One cell of a gallery: one or more pictures (`thumbnail`, `missing`), words below, and a file name."""
    below = element("div", *words, element("span", name, class_="name") if name else None, class_="text")
    return element("li", element("div", *pictures, class_="pictures"), below, class_="shot")


def thumbnail(image: Image.Image, alt: str, side: int = 200) -> Markup:
    """A small copy of a picture, inside the page.

    Args:
        image: of any size and mode.
        alt: what it shows, for those who cannot see it.
        side: the longest side in pixels.
    """
    small = image.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    data = encode_image(small, "JPEG", quality=80)
    return element("img", src=data_uri(data, "image/jpeg"), alt=alt, width=small.width, height=small.height)


def missing(reason: str) -> Markup:
    """What stands in the place of a picture that cannot be shown."""
    return element("div", reason, class_="missing")


def data_uri(data: bytes, kind: str) -> str:
    """Bytes as an address that needs no network; `kind` is a media type."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


__all__ = [
    "TONES",
    "Child",
    "Markup",
    "badge",
    "chart",
    "charts",
    "data_uri",
    "element",
    "facts",
    "gallery",
    "join",
    "label_badge",
    "missing",
    "notice",
    "page",
    "reserve",
    "section",
    "shot",
    "table",
    "text",
    "thumbnail",
    "tiles",
]
