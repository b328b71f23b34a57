"""HTML and SVG from Python values, with everything escaped that is not already markup."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable

_VOID = frozenset({"img", "meta", "br", "line", "path", "rect", "circle", "polygon"})


class Markup(str):
    """Text that is safe to put into a page as it stands; made by `element` and `text` alone."""

    __slots__ = ()


Child = str | int | float | Markup | None | Iterable["Child"]
"""What may stand inside an element: strings are escaped, markup is not, nothing is left out."""


def text(value: object) -> Markup:
    """Any value as text: escaped, with the control and direction characters file names may hide shown as `�`."""
    if isinstance(value, Markup):
        return value
    plain = "".join(
        "\ufffd" if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char != "\n" else char for char in str(value)
    )
    return Markup(html.escape(plain))


def element(tag: str, *children: Child, **attributes: object) -> Markup:
    """One element.

    Args:
        tag: its name.
        children: what stands inside it.
        attributes: a trailing `_` is cut off (`class_`), other `_` become `-`; None and False leave one out,
            True gives it no value.
    """
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID and not children:
        return Markup(f"<{tag}{written}/>")
    return Markup(f"<{tag}{written}>{join(*children)}</{tag}>")


def join(*children: Child) -> Markup:
    """Several children one after the other."""
    return Markup("".join(_flat(children)))


def _flat(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if child is None:
            continue
        if isinstance(child, str | int | float):
            yield text(child)
        else:
            yield from _flat(child)


def _attribute(name: str, value: object) -> str:
    name = name.removesuffix("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{text(value)}"'
