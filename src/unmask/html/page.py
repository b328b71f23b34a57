"""Self-contained HTML pages with one style for light mode, dark mode and print.

    >>> page("A title", section("A heading", element("p", "Text, escaped: <b>")), lead="One line.")

All content is escaped, except `Markup` that these functions return. A Content-Security-Policy forbids the page to load
anything and to run any script but its own, in case that escaping fails.
"""

from __future__ import annotations

import base64
import hashlib
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
"""Color of each label; it is always shown with a word."""

_WORDS: dict[str, str] = {
    Label.FAKE: "✗ fake",
    Label.REAL: "✓ real",
    Label.UNSURE: "? unsure",
    Label.NO_FACE: "– no face",
}


@cache
def _style() -> str:
    return files("unmask.html").joinpath("page.css").read_text("utf-8")


def page(title: str, *sections: Child, lead: Child = None, footer: Child = None, script: str | None = None) -> str:
    """Builds an HTML document.

    Args:
        title: title of the document, and its first heading.
        sections: content, usually made by `section`.
        lead: one or two sentences below the title.
        footer: content below the sections, above the line with unmask's version.
        script: JavaScript that the page runs when it is complete; it must not contain `</script`.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
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
        "footer", footer, element("p", f"Made by unmask {__version__}. This page loads nothing from the network.")
    )
    code = element("script", Markup(script)) if script else None
    body = element("body", top, element("main", *sections), end, code)
    return f"<!doctype html>\n{element('html', head, body, lang='en')}\n"


def _policy(script: str | None) -> str:
    """The Content-Security-Policy; a script is allowed by its hash."""
    if script is None:
        return _POLICY
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"{_POLICY}; script-src 'sha256-{digest}'"


def ensure_writable(path: Path) -> Path:
    """Checks that a page can be written, before the long computation that fills it.

    Args:
        path: file; missing parent folders are created.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8"):
            return path
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror or error})") from error


def section(heading: str, *children: Child, note: Child = None) -> Markup:
    """A section with a heading; the note is a line below the heading."""
    return element("section", element("h2", heading), element("p", note, class_="note") if note else None, *children)


def tiles(entries: Iterable[tuple[str, str, str]]) -> Markup:
    """A row of key figures, each with a name, a value and a line of small print."""
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
    """A table whose first column holds the row headings.

    Args:
        head: column names.
        rows: cells of each row; the first is the row heading.
        caption: title of the table.
        numbers: number of columns at the right that hold numbers; they are right-aligned.
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


def definition_list(entries: Mapping[str, Child]) -> Markup:
    """A definition list: names and values, one pair below the other."""
    return element(
        "dl", ((element("dt", name), element("dd", value)) for name, value in entries.items()), class_="facts"
    )


def badge(word: str, tone: str = "accent") -> Markup:
    """A word in a colored pill; tones are `fake`, `real`, `unsure`, `none` and `accent`."""
    return element("span", word, class_=f"badge tone-{tone}")


def label_badge(label: str) -> Markup:
    """The badge of a label: sign, word and color."""
    return badge(_WORDS.get(label, label), TONES.get(label, "none"))


def notice(*children: Child, tone: str = "accent") -> Markup:
    """A highlighted remark."""
    return element("div", *children, class_=f"notice tone-{tone}")


def charts(*drawn: Child) -> Markup:
    """Charts side by side, as far as the width of the page allows."""
    return element("div", *drawn, class_="charts")


def chart(svg: Markup, caption: Child = None, *, wide: bool = False) -> Markup:
    """A chart with its caption; a wide chart takes the full width."""
    words = element("figcaption", caption) if caption else None
    return element("figure", svg, words, class_="chart wide" if wide else "chart")


def gallery(cells: Iterable[Child], *, pairs: bool = False, **attributes: object) -> Markup:
    """A grid of cells, each made by `gallery_cell`; `pairs` makes the cells wide enough for two images."""
    return element("ul", cells, class_="gallery pairs" if pairs else "gallery", **attributes)


def gallery_cell(pictures: Sequence[Markup], *words: Child, name: str = "") -> Markup:
    """One cell of a gallery: images (`thumbnail` or `placeholder`), text below them, and a file name."""
    below = element("div", *words, element("span", name, class_="name") if name else None, class_="text")
    return element("li", element("div", *pictures, class_="pictures"), below, class_="shot")


def thumbnail(image: Image.Image, alt: str, side: int = 200) -> Markup:
    """A small JPEG copy of an image, embedded in the page.

    Args:
        image: of any size and mode.
        alt: alternative text for screen readers.
        side: length of the longer side in pixels.
    """
    small = image.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    data = encode_image(small, "JPEG", quality=80)
    return element("img", src=data_uri(data, "image/jpeg"), alt=alt, width=small.width, height=small.height)


def placeholder(reason: str) -> Markup:
    """A placeholder for an image that cannot be shown, with the reason."""
    return element("div", reason, class_="missing")


def data_uri(data: bytes, kind: str) -> str:
    """A data URI of bytes; `kind` is the media type."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


__all__ = [
    "TONES",
    "Child",
    "Markup",
    "badge",
    "chart",
    "charts",
    "data_uri",
    "definition_list",
    "element",
    "ensure_writable",
    "gallery",
    "gallery_cell",
    "join",
    "label_badge",
    "notice",
    "page",
    "placeholder",
    "section",
    "table",
    "text",
    "thumbnail",
    "tiles",
]
