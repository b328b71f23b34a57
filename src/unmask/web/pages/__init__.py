"""The HTML pages of the server: one frame, and the content of each page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template

_STYLE = '<link rel="stylesheet" href="static/css/{}.css">'
_PRINT = '<link rel="stylesheet" href="static/css/print.css" media="print">'


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the server.

    Attributes:
        name: name of its content, `pages/{name}.html`, and of its path.
        title, description: head of the page until the script sets the language.
        script: the module that starts the page.
        styles: style sheets after the two that all pages use.
        noscript: what works without JavaScript.
        link_text: key of the text of its link in the navigation; empty for the page of the web app, which has its own.
    """

    name: str
    title: str
    description: str
    script: str
    styles: tuple[str, ...]
    noscript: str
    link_text: str = ""


INDEX = Page(
    "index",
    "unmask",
    "Classifies face pictures as real or fake, with a calibrated probability and the evidence.",
    "app.js",
    ("upload", "card", "actions", "evidence", "clip", "views"),
    "The REST API (v1/detect) works without it.",
)
REVIEW = Page(
    "review",
    "Review · unmask",
    "Confirm the labels of judged pictures, one picture at a time.",
    "review.js",
    ("review",),
    "In the terminal: <code>unmask review --history</code>",
    "nav.review",
)
DOCS = Page(
    "docs",
    "REST API · unmask",
    "The endpoints of this server, with forms to try them.",
    "docs.js",
    ("docs",),
    'The description is at <a href="openapi.json">openapi.json</a>.',
    "foot.explorer",
)
PATHS = {"/": INDEX, "/docs": DOCS, "/review": REVIEW}
"""Page by path."""


@cache
def render(page: Page) -> str:
    """The HTML of a page: the frame with its content."""
    folder = files("unmask.web") / "pages"
    styles = [_STYLE.format(name) for name in ("tokens", "page", *page.styles)]
    link = f'<a href="{page.name}" aria-current="page" data-t="{page.link_text}"></a>' if page.link_text else ""
    return Template((folder / "frame.html").read_text("utf-8")).substitute(
        title=page.title,
        description=page.description,
        styles="\n".join([*styles, *([] if page.link_text else [_PRINT])]),
        script=page.script,
        home="./" if page.link_text else "",
        own_link=link,
        content=(folder / f"{page.name}.html").read_text("utf-8"),
        noscript=page.noscript,
    )
