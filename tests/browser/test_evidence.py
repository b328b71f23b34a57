"""Evidence on the page: signals, the test of a heat map, reports, and their progress."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Open
from tests.browser.page_actions import accessibility_violations, upload
from tests.web.server_process import Server

pytestmark = pytest.mark.integration


def overflow(page: Page) -> int:
    """Number of pixels by which the page is wider than the window."""
    found: int = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    return found


@pytest.mark.parametrize("options", [{}, {"size": PHONE, "dark": True}], ids=["desktop light", "phone dark"])
def test_signals_open_by_keyboard_and_are_accessible(open_page: Open, astronaut: Path, options) -> None:  # type: ignore[no-untyped-def]
    page = open_page(**options)
    upload(page, astronaut)
    page.locator(".signals > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".signal")).to_have_count(6)
    expect(page.locator("#announcement")).to_contain_text("6 signals read")
    page.locator(".usual-signals > summary").click()
    expect(page.get_by_text("holds no Content Credentials")).to_be_visible()
    expect(page.locator(".signal-map")).to_have_count(2)
    expect(page.locator(".spectrum svg")).to_have_attribute("aria-label", re.compile("98 % of real photographs"))
    for details in page.locator(".signal summary").all():
        details.click()
    assert page.locator(".signal-map").first.evaluate("(image) => image.naturalWidth") > 0
    assert accessibility_violations(page) == []
    assert overflow(page) <= 0


def test_metadata_of_a_file_is_shown_as_text(open_page: Open, portrait, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    exif = portrait.getexif()
    exif[0x010F], exif[0x0110] = "<img src=x onerror=alert(1)>", "Camera 1"
    portrait.save(tmp_path / "shot.jpg", exif=exif)
    page = open_page()
    upload(page, tmp_path / "shot.jpg")
    page.locator(".signals > summary").click()
    words = "name a camera: <img src=x onerror=alert(1)> Camera 1"
    expect(page.locator(".signal").filter(has_text=words)).to_have_count(1)


def test_failed_signals_can_be_requested_again(open_page: Open, astronaut: Path) -> None:
    page = open_page()
    upload(page, astronaut)
    page.route("**/v1/signals*", lambda route: route.abort())
    page.locator(".signals > summary").click()
    expect(page.locator(".signals [role=alert]")).to_contain_text("cannot be reached")
    page.unroute("**/v1/signals*")
    page.locator(".signals > summary").click()
    page.locator(".signals > summary").click()
    expect(page.locator(".signal")).to_have_count(6)


def test_a_heat_map_can_be_tested(open_page: Open, server: Server, astronaut: Path) -> None:
    page = open_page()
    upload(page, astronaut)
    with server.slowed():
        page.get_by_role("button", name="Heat map").click()
        expect(page.locator(".wait")).to_contain_text(re.compile(r"Testing the map: \d+ of 254 inferences"))
        assert 0 < page.locator(".wait progress").evaluate("(bar) => bar.value") <= 1
        page.get_by_role("button", name="Stop", exact=True).click()
        expect(page.locator(".wait")).to_have_count(0)
        expect(page.locator(".panel")).to_have_count(0)
        page.get_by_role("button", name="Hide the heat map").click()
        page.get_by_role("button", name="Heat map").click()
        assert accessibility_violations(page) == [], "while the test runs"
    expect(page.locator(".panel")).to_contain_text(re.compile(r"beats [\d.]+% of 20 equal shapes"), timeout=300_000)
    grayed = page.locator(".panel").get_by_text("grayed because").count()
    assert page.locator("canvas.heat.failed").count() == grayed
    page.get_by_label("beside the picture").check()
    expect(page.locator(".pictures.two canvas.heat")).to_have_count(1)
    page.get_by_text("Figures of the test").click()
    expect(page.locator(".panel td.number")).to_have_count(4)
    assert accessibility_violations(page) == []
    with server.slowed():
        page.get_by_label("Method").select_option("occlusion")
        expect(page.locator(".panel")).to_have_count(0)
        page.get_by_role("button", name="Stop", exact=True).click()


def test_occlusion_shows_the_progress_of_the_server(open_page: Open, server: Server, astronaut: Path) -> None:
    page = open_page()
    upload(page, astronaut)
    with server.slowed():
        page.get_by_role("button", name="Heat map").click()
        expect(page.locator("canvas.heat")).to_have_count(1)
        page.get_by_role("button", name="Stop", exact=True).click()
        page.get_by_label("Method").select_option("occlusion")
        expect(page.locator(".wait")).to_contain_text(re.compile(r"Covering squares: \d+ of 256 inferences"))
    expect(page.locator("canvas.heat")).to_have_count(1)


def test_a_report_is_made_and_saved(open_page: Open, server: Server, astronaut: Path) -> None:
    pytest.importorskip("typst")
    page = open_page()
    upload(page, astronaut)
    with page.expect_download(timeout=300_000) as download, server.slowed():
        page.get_by_role("button", name="Save the report (PDF)").click()
        expect(page.locator(".wait")).to_contain_text("Testing the map")
    assert download.value.suggested_filename == "astronaut-report.pdf"
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")
    expect(page.get_by_role("button", name="Save the report (PDF)")).to_be_enabled()


@pytest.mark.parametrize("name", ["astronaut", "blended"])
def test_an_example_shows_whether_its_verdict_is_right(open_page: Open, name: str) -> None:
    truth = {"astronaut": "real", "blended": "fake"}[name]
    page = open_page()
    page.get_by_role("button", name=name).click()
    expect(page.locator(".card-toggle .badge")).to_have_count(1)
    label = (page.locator(".card-toggle .badge").text_content() or "").lower()
    note = page.locator(".example-note")
    expect(note).to_contain_text("This is a real photograph." if truth == "real" else "This is a fake.")
    taught = {truth: "This verdict is right", "unsure": "is unsure", "no face": "No face was found"}
    expect(note).to_contain_text(taught.get(label, "false alarm" if truth == "real" else "passes as real"))
