"""The review page: two people decide with the keyboard, disagree, and settle it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.conftest import MODEL
from tests.web.server_process import Server

pytestmark = pytest.mark.integration


def enter(page: Page, name: str) -> None:
    """Review as a person, in pairs."""
    page.locator("#reviewers").fill("2")
    page.locator("#reviewer").fill(name)
    page.locator("#reviewer").blur()


def test_two_people_disagree_and_settle_it(open_page: Open, tmp_path: Path, astronaut: Path) -> None:
    with Server(tmp_path, "--keep-images", UNMASK_MODEL=MODEL) as server:
        found = server.detect(("me.jpg", astronaut.read_bytes()), params={"stability": False}).json()["results"][0]
        wrong = "real" if found["label"] == "fake" else "fake"
        server.client.post("/v1/feedback", json={"id": found["id"], "truth": wrong})
        page = open_page("review", url=server.url, ready=False)
        counts, decisions = page.locator("#counts"), page.locator("#decisions")
        for name, key, text in (("ana", "g", "0 to review, 1 reviewed, 0"), ("ben", "r", "0 to review, 1 reviewed, 1")):
            enter(page, name)
            expect(page.locator("#figure[aria-busy=false] #caption")).to_contain_text("me.jpg")
            expect(decisions).to_be_empty()  # the second person does not see what the first one decided
            page.keyboard.press(key)
            expect(counts).to_contain_text(text)
        page.locator("#disagreements").check()
        expect(decisions).to_contain_text("ana: Fake: generated face")
        expect(decisions).to_contain_text("ben: Real")
        page.keyboard.press("g")
        expect(counts).to_contain_text("1 reviewed, 0 disagreements")
