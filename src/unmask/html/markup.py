"""Builds HTML and SVG from Python values and escapes everything that is not markup."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable

_VOID = frozenset({"img", "meta", "br", "line", "path", "rect", "circle", "polygon", "input"})


class Markup(str):
    """Escaped HTML text; only `element`, `text` and `join` create it."""

    __slots__ = ()


Child = str | int | float | Markup | None | Iterable["Child"]
"""Content of an element: strings are escaped, markup is not, None is skipped."""


def text(value: object) -> Markup:
    """Any value as escaped text; control and direction characters become `�`."""
    if isinstance(value, Markup):
        return value
    plain = "".join(
        "\ufffd" if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char != "\n" else char for char in str(value)
    )
    return Markup(html.escape(plain))


def element(tag: str, *children: Child, **attributes: object) -> Markup:
    """One element.

    Args:
        tag: tag name.
        children: content.
        attributes: a trailing `_` is removed (`class_`), other `_` become `-`. None and False omit the attribute; True
            writes it without a value.
    """
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID and not children:
        return Markup(f"<{tag}{written}/>")
    return Markup(f"<{tag}{written}>{join(*children)}</{tag}>")


def join(*children: Child) -> Markup:
    """Concatenates children."""
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
