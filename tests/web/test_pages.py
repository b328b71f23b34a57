"""The HTML of the pages: one frame, and texts in the language of the reader before any script runs."""

from __future__ import annotations

import re

import pytest

from tests.web.server_process import Server
from tests.web.test_strings import LANGUAGES as WITH_STRINGS
from tests.web.test_strings import texts
from unmask.web.pages import LANGUAGES, PATHS, Page, choose_language, render


@pytest.mark.parametrize(
    ("accepted", "chosen", "language"),
    [
        ("", None, "en"),
        ("de-AT,de;q=0.9,en;q=0.8", None, "de"),
        ("fr, en;q=0.3, de;q=0.5", None, "de"),
        ("DE", "en", "en"),
        ("fr;q=x", "tlh", "en"),
    ],
)
def test_the_language_is_the_chosen_one_else_the_best_of_the_browser(
    accepted: str, chosen: str | None, language: str
) -> None:
    assert choose_language(accepted, chosen) == language


@pytest.mark.parametrize("language", WITH_STRINGS)
@pytest.mark.parametrize("page", PATHS.values(), ids=lambda page: page.name)
def test_every_text_of_a_page_is_filled_in(page: Page, language: str) -> None:
    html, known = render(page, language), texts(language)
    found = re.findall(r'data-t="([^"]+)"[^>]*>([^<]*)<', html)
    assert len(found) > 8
    assert {key: text.replace("&amp;", "&") for key, text in found} == {key: known[key] for key, _ in found}
    assert html.count("data-t-label=") == len(re.findall(r'data-t-label="[^"]+" aria-label="[^"]', html))
    assert "$" not in html
    assert sorted(LANGUAGES) == WITH_STRINGS


def test_the_server_sends_the_language_of_the_browser(quick_server: Server) -> None:
    german = quick_server.client.get("/", headers={"Accept-Language": "de"})
    assert '<html lang="de">' in german.text
    assert german.headers["vary"] == "Accept-Language, Cookie"
    headers = {"Accept-Language": "de", "Cookie": "unmask-language=en"}
    assert '<html lang="en">' in quick_server.client.get("/docs", headers=headers).text
