"""Translations of the sentences that the server makes: every error that the page can show has one."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import unmask
from tests.web.test_strings import LANGUAGES, STATIC
from unmask import errors
from unmask.web import errors as web_errors

PACKAGE = Path(unmask.__file__).parent
SOURCES = (
    "image_formats.py",
    "image_repair.py",
    "images.py",
    "video/frames.py",
    "web/access_control.py",
    "web/cancellation.py",
    "web/http_middleware.py",
    "web/inference_pool.py",
    "web/json_upload.py",
    "web/other_models.py",
    "web/uploads.py",
    "web/web_fetch.py",
    "web/api/*.py",
    "web/store/history.py",
    "web/store/jobs.py",
    "web/store/reviews.py",
)
"""Modules whose errors the page shows."""
PYTHON_ONLY = ("; pass a path, bytes,", "open it in binary mode", "call seek(0)", "is a URL; unmask downloads")
"""Parts of messages about arguments of Python functions, which the server never makes."""
PLACEHOLDER = re.compile(r"\{\w+\}")


def translations(language: str) -> dict[str, str]:
    content: dict[str, str] = json.loads((STATIC / "translations" / f"{language}.json").read_text("utf-8"))
    return content


def template(message: ast.expr) -> str | None:
    """A message with `{}` for each value; None for an expression that is not a text."""
    if isinstance(message, ast.Constant) and isinstance(message.value, str):
        return message.value
    if isinstance(message, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in message.values)
    return None


def raised(source: Path) -> Iterator[str]:
    """The messages of the errors that a module makes, without those that consist of values only."""
    names = {name for module in (errors, web_errors) for name in vars(module) if name[0].isupper()}
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names and node.args:
            found = template(node.args[0])
            if found and re.search(r"[a-z]{2}", found) and not any(part in found for part in PYTHON_ONLY):
                yield found


def escaped(sentence: str) -> str:
    return re.sub(r"[().*+?]", r"\\\g<0>", sentence)


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_every_error_that_the_page_can_show_is_translated(language: str) -> None:
    known = [re.compile(PLACEHOLDER.sub(".+?", escaped(each))) for each in translations(language)]
    made = {message for pattern in SOURCES for path in PACKAGE.glob(pattern) for message in raised(path)}
    assert len(made) > 50
    assert [message for message in sorted(made) if not any(each.fullmatch(message) for each in known)] == []


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_a_translation_uses_only_values_of_the_sentence(language: str) -> None:
    for english, words in translations(language).items():
        assert words.strip(), english
        assert set(PLACEHOLDER.findall(words)) <= set(PLACEHOLDER.findall(english)), english
