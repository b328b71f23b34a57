"""The HTML pages of the server: one frame, the content of each page, and its first texts in the reader's language."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

_STYLE = '<link rel="stylesheet" href="static/css/{}.css">'
_PRINT = '<link rel="stylesheet" href="static/css/print.css" media="print">'
_TEXT = re.compile(r'(<[^>]*\bdata-t="([^"]+)"[^>]*>)</')
_LABEL = re.compile(r'data-t-label="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the server.

    Attributes:
        name: name of its content, `pages/{name}.html`, and of its path.
        description: for search engines.
        script: the module that starts the page.
        styles: style sheets after the two that all pages use.
        noscript: what works without JavaScript.
        link_text: key of the text of its link in the navigation; empty for the page of the web app, which has its own.
    """

    name: str
    description: str
    script: str
    styles: tuple[str, ...]
    noscript: str
    link_text: str = ""


INDEX = Page(
    "index",
    "Classifies face pictures as real or fake, with a calibrated probability and the evidence.",
    "app.js",
    ("upload", "card", "actions", "evidence", "clip", "views"),
    "The REST API (v1/detect) works without it.",
)
REVIEW = Page(
    "review",
    "Confirm the labels of judged pictures, one picture at a time.",
    "review.js",
    ("review",),
    "In the terminal: <code>unmask review --history</code>",
    "nav.review",
)
DOCS = Page(
    "docs",
    "The endpoints of this server, with forms to try them.",
    "docs.js",
    ("docs",),
    'The description is at <a href="openapi.json">openapi.json</a>.',
    "foot.explorer",
)
PATHS = {"/": INDEX, "/docs": DOCS, "/review": REVIEW}
"""Page by path."""


LANGUAGES = ("en", "de")
"""Languages with texts, the default first."""
LANGUAGE_COOKIE = "unmask-language"
"""Cookie with the language that the reader chose in the footer."""


def choose_language(accepted: str, chosen: str | None = None) -> str:
    """The language of a page.

    Args:
        accepted: the header `Accept-Language` of the request.
        chosen: value of the cookie `LANGUAGE_COOKIE`; None if there is none.
    """
    wanted = [part.partition(";") for part in accepted.split(",")]
    ranked = sorted(wanted, key=lambda part: -_quality(part[2]))
    tags = [chosen, *(tag.strip()[:2].lower() for tag, _, _ in ranked)]
    return next((tag for tag in tags if tag in LANGUAGES), LANGUAGES[0])


def _quality(parameter: str) -> float:
    found = re.fullmatch(r"\s*q=([01](?:\.\d*)?)\s*", parameter)
    return float(found[1]) if found else 1.0


@cache
def render(page: Page, language: str = "en") -> str:
    """The HTML of a page: the frame with its content and its texts, so that they are drawn before the scripts run.

    Args:
        page: the page.
        language: one of `LANGUAGES`.
    """
    folder = files("unmask.web")
    texts = json.loads((folder / "static" / "strings" / f"{language}.json").read_text("utf-8"))
    styles = [_STYLE.format(name) for name in ("tokens", "page", *page.styles)]
    link = f'<a href="{page.name}" aria-current="page" data-t="{page.link_text}"></a>' if page.link_text else ""
    html = Template((folder / "pages" / "frame.html").read_text("utf-8")).substitute(
        language=language,
        title=f"{texts[page.link_text]} · unmask" if page.link_text else "unmask",
        description=page.description,
        styles="\n".join([*styles, *([] if page.link_text else [_PRINT])]),
        script=page.script,
        home="./" if page.link_text else "",
        own_link=link,
        content=(folder / "pages" / f"{page.name}.html").read_text("utf-8"),
        noscript=page.noscript,
    )
    html = _TEXT.sub(lambda found: f"{found[1]}{escape(texts[found[2]])}</", html)
    return _LABEL.sub(lambda found: f'{found[0]} aria-label="{escape(texts[found[1]])}"', html)
