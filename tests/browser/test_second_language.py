"""The pages in German: no text of the page or of the server is left in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP
from tests.browser.page_actions import accessibility_violations, upload
from tests.conftest import SAMPLES
from tests.web.server_process import Server

pytestmark = pytest.mark.integration

ENGLISH = re.compile(r"\b(the|of|and|is|are|not|with|this|that|picture|pictures|from|to|by|for|it|no|or|than)\b", re.I)
"""English words that are no German ones."""
TEXTS = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, textContent: text } = walker.currentNode;
    if (text.trim() && !parent.closest("script, noscript, code, pre, h3, button[lang]")) found.push(text.trim());
  }
  for (const name of ["aria-label", "title", "alt", "placeholder"])
    for (const each of document.querySelectorAll(`[${name}]:not(form, .card *)`)) found.push(each.getAttribute(name));
  return [...found, document.title];
}"""


@pytest.fixture
def german(browser: Browser, server: Server) -> Iterator[Page]:
    """A page of a browser that prefers German."""
    context = browser.new_context(locale="de-AT", viewport={"width": DESKTOP[0], "height": DESKTOP[1]})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(server.url)
    page.wait_for_selector("body[data-ready]")
    yield page
    context.close()


def english(page: Page) -> list[str]:
    """Texts of the page with an English word, and texts that the page marks as English; not the choice of language."""
    marked = page.locator("[lang=en]:not(button)").all_inner_texts()
    return [text for text in page.evaluate(TEXTS) if ENGLISH.search(text)] + marked


def open_details(page: Page) -> None:
    """Open all closed parts that are visible, and those inside of them."""
    for _ in range(2):
        for summary in page.locator("details:not([open]) > summary:visible:not(.button)").all()[::-1]:
            summary.click()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)


def test_cards_help_and_history_are_in_german(german: Page, tmp_path: Path) -> None:
    assert english(german) == []
    notes, cut = tmp_path / "notes.txt", tmp_path / "cut.jpg"
    notes.write_text("not an image")
    cut.write_bytes((SAMPLES / "astronaut.jpg").read_bytes()[:50_000])
    upload(german, *(SAMPLES / f"{name}.jpg" for name in ("generated", "blended", "coffee")), notes, cut)
    for toggle in german.locator(".card-toggle").all():
        if toggle.get_attribute("aria-expanded") == "false":
            toggle.click()
    open_details(german)
    assert english(german) == []
    assert accessibility_violations(german) == []
    for view in ("help", "history"):
        german.locator(f'nav a[data-view="{view}"]').click()
        expect(german.locator(f"#{view} h1")).to_be_visible()
        assert english(german) == []


def test_the_review_page_and_the_explorer_are_in_german(german: Page, server: Server) -> None:
    german.goto(f"{server.url}/review")
    expect(german.locator("#decisions")).not_to_be_empty()
    assert english(german) == []
    german.goto(f"{server.url}/docs")
    german.wait_for_selector("body[data-ready]")
    open_details(german)
    assert english(german) == []
    assert german.locator("html").get_attribute("lang") == "de"


def test_every_sentence_of_signals_and_cards_is_translated(german: Page, server: Server) -> None:
    readings = [
        "The metadata hold traces of Midjourney (in text.Description).",
        "The metadata state that the picture was made by a trained model (trainedAlgorithmicMedia).",
        "The metadata name editing software (Adobe Photoshop 25.0). They also name a camera: Canon EOS R6.",
        "The metadata name a camera: Canon EOS R6, taken 2024:05:01 12:00:00.",
        "The file is a progressive JPEG with chroma subsampling 4:2:0, saved by Adobe software at a quality near 92. "
        "It was saved as JPEG before, at a quality of about 71.",
        "9 of 32 frequency bands are outside the range of 98% of real photographs, most of them with more power. "
        "One frequency stands out by 31 dB (0.125, 0.250 cycles per pixel).",
        "The face's noise level is 0.31 times that of its surroundings, which is unusual. In 98% of real photographs "
        "this ratio is between 0.42 and 2.80.",
        "The Content Credentials are intact. An unnamed signer signed them, but no certificate confirms who this is. "
        "They state that the picture was made by a trained model.",
    ]
    cards = server.client.get("/v1/models").json()["models"]
    sentences = [*readings, *(limit for card in cards for limit in (card["summary"], *card["limits"]))]
    translate = "async (texts) => texts.map((await import('/static/js/server_text.js')).translated)"
    words = german.evaluate(translate, sentences)
    assert [text for text, found in zip(sentences, words, strict=True) if found is None] == []
    assert [found for found in words if ENGLISH.search(found.replace("--no-deps", ""))] == []
    assert words[6].startswith("Das Rauschen des Gesichts ist das 0,31-fache der Umgebung; das ist ungewöhnlich.")
