"""The texts of the page: complete in every language, and none is missing or unused."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SAMPLES
from unmask.explaining import METHODS
from unmask.headline import HeadlineCode
from unmask.headline_text import KIND_NAMES
from unmask.review import Reason
from unmask.review.decisions import CHOICES
from unmask.verdict import Label
from unmask.web.pages import PATHS

STATIC = Path(str(files("unmask.web").joinpath("static")))
LANGUAGES = sorted(path.stem for path in (STATIC / "strings").glob("*.json"))
PAGES = Path(str(files("unmask.web").joinpath("pages")))
SCRIPTS = "\n".join(path.read_text("utf-8") for path in [*(STATIC / "js").glob("*.js"), *PAGES.glob("*.html")])


def texts(language: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((STATIC / "strings" / f"{language}.json").read_text("utf-8"))
    return content


def test_the_page_offers_every_language() -> None:
    [offered] = re.findall(r"LANGUAGES = \{(.*?)\}", SCRIPTS)
    assert sorted(re.findall(r"(\w+):", offered)) == LANGUAGES == ["de", "en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing(language: str) -> None:
    found, english = texts(language), texts("en")
    assert list(found) == list(english)
    for key, value in found.items():
        original = english[key]
        assert type(value) is type(original), key
        assert len(value) == len(original) if isinstance(value, list) else value.strip(), key
        placeholders = [set(re.findall(r"\{\w+\}", str(each))) for each in (value, original)]
        assert placeholders[0] == placeholders[1], key


def test_every_text_that_the_scripts_name_exists() -> None:
    keys = {*re.findall(r'\bt\(\s*"([^"]+)"', SCRIPTS), *re.findall(r'data-t(?:-label)?="([^"]+)"', SCRIPTS)}
    assert len(keys) > 100
    assert keys <= set(texts("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_label_headline_method_and_example_has_texts(language: str) -> None:
    names = {
        *(f"headline.{code}" for code in HeadlineCode),
        *(f"label.{label}" for label in Label),
        *(f"means.{label}" for label in Label),
        *(f"method.{name}{kind}" for name in METHODS for kind in ("", ".shows")),
        *(f"kind.{kind}" for kind in KIND_NAMES),
        *(f"review.{choice}" for choice in CHOICES),
        *(f"review.reason.{reason}" for reason in Reason),
        *(page.link_text for page in PATHS.values() if page.link_text),
        *(f"example.{path.name}{kind}" for path in SAMPLES.glob("*.jpg") for kind in ("", ".what")),
    }
    assert names <= set(texts(language))


def test_every_example_has_its_true_label() -> None:
    [truth] = re.findall(r"const TRUTH = \{(.*?)\}", SCRIPTS, re.DOTALL)
    assert set(re.findall(r'"([\w.]+)":', truth)) == {path.name for path in SAMPLES.glob("*.jpg")}
