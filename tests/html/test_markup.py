from __future__ import annotations

from unmask.html.markup import Markup, element, text


def test_text_escapes_everything_but_markup() -> None:
    assert text("<b>") == "&lt;b&gt;"
    assert text(element("b", "<")) == "<b>&lt;</b>"
    assert isinstance(element("p", "x", None, ["y", 1]), Markup)
    assert element("p", "x", None, ["y", 1], class_="a", aria_label='"', hidden=True, title=None) == (
        '<p class="a" aria-label="&quot;" hidden>xy1</p>'
    )
