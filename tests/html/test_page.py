"""Pages are self-contained and well-formed, and escape hostile names."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from PIL import Image

from unmask.html.page import (
    badge,
    definition_list,
    gallery,
    gallery_cell,
    label_badge,
    page,
    placeholder,
    section,
    table,
    thumbnail,
    tiles,
)
from unmask.verdict import Label

HOSTILE = "<script>alert(1)</script>\" onerror='x' \u202egnp.exe\x00.jpg"


VOID = {"meta", "img", "br", "line", "path", "rect", "circle"}


class Checker(HTMLParser):
    """Collects tags and attributes, and asserts that tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def parsed(document: str) -> Checker:
    checker = Checker()
    checker.feed(document)
    assert not checker.open
    return checker


def self_contained(document: str) -> None:
    """Asserts that the page loads nothing and has no script."""
    checker = parsed(document)
    assert not checker.tags & {"script", "link", "iframe", "object", "base", "form"}
    for name, value in checker.attributes:
        assert not name.startswith("on")
        if name in ("src", "href"):
            assert str(value).startswith("data:image/")
    assert "@import" not in document
    assert not re.search(r"url\(", document)
    assert "default-src 'none'" in document.replace("&#x27;", "'")


def full() -> str:
    image = Image.new("RGBA", (400, 300), (10, 200, 30, 90))
    return page(
        HOSTILE,
        section(
            HOSTILE,
            tiles([(HOSTILE, "1", HOSTILE)]),
            table([HOSTILE, "n"], [[HOSTILE, 1.5], [label_badge(Label.FAKE), HOSTILE]], caption=HOSTILE, numbers=1),
            definition_list({HOSTILE: HOSTILE}),
            gallery([gallery_cell([thumbnail(image, HOSTILE), placeholder(HOSTILE)], badge(HOSTILE), name=HOSTILE)]),
            note=HOSTILE,
        ),
        lead=HOSTILE,
        footer=HOSTILE,
    )


def test_hostile_names_are_escaped_everywhere() -> None:
    document = full()
    self_contained(document)
    assert "<script" not in document
    assert "\u202e" not in document
    assert "\x00" not in document
    assert document.count("&lt;script&gt;") >= 12


@pytest.mark.parametrize("label", list(Label))
def test_every_label_has_a_word_beside_its_color(label: Label) -> None:
    assert label.replace("_", " ") in label_badge(label)


def test_thumbnails_are_small_whatever_the_picture() -> None:
    for mode in ("RGB", "L", "RGBA", "CMYK", "P"):
        small = thumbnail(Image.new(mode, (3000, 1500)), "x", side=120)
        assert 'width="120" height="60"' in small
        assert len(small) < 3000


def test_the_page_has_dark_and_print_styles() -> None:
    document = full()
    assert "prefers-color-scheme: dark" in document
    assert "@media print" in document
    assert "size: A4" in document
    assert '<html lang="en">' in document
