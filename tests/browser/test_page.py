"""The page: accessibility, reading results, downloads, feedback, history, help."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.browser.page_actions import accessibility_violations, choose, upload
from tests.web.server_process import Server

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("size", "dark"), [(DESKTOP, False), (PHONE, True)], ids=["desktop light", "phone dark"])
def test_every_view_is_accessible_and_fits(
    open_page: Open, server: Server, astronaut: Path, broken: Path, size: tuple[int, int], dark: bool
) -> None:
    page = open_page(size=size, dark=dark)
    upload(page, astronaut, broken)
    with server.slowed():
        page.get_by_role("button", name="Heat map").click()
        expect(page.locator("canvas.heat")).to_have_count(1)
        page.get_by_role("button", name="Stop", exact=True).click()
    for details in page.locator("summary:visible:not(.button)").all():
        details.click()
    page.locator(".card-actions .menu > summary").first.click()
    assert accessibility_violations(page) == []
    for view in ("history", "help"):
        page.locator(f'nav a[data-view="{view}"]').click()
        expect(page.locator(f"#{view} h1")).to_be_visible()
        page.wait_for_timeout(200)
        assert accessibility_violations(page) == []
        assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    page.locator('nav a[data-view="judge"]').click()
    page.click("#clear")
    page.click("#open-camera")
    expect(page.locator("video")).to_be_visible()
    assert accessibility_violations(page) == []


def test_it_works_by_keyboard_alone(open_page: Open, astronaut: Path) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#pick")).to_be_focused()
    choose(page, lambda: page.keyboard.press("Enter"), astronaut)
    toggle = page.locator(".card-toggle")
    expect(toggle).to_have_attribute("aria-expanded", "true")
    toggle.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".card-body")).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(".box")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".box")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("canvas.heat")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".magnifier")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Escape")
    expect(page.locator(".magnifier")).to_have_count(0)
    page.get_by_label("Strength of the heat map").focus()
    page.keyboard.press("Home")
    assert page.locator("canvas.heat").evaluate("(canvas) => canvas.style.opacity") == "0"


def test_the_verdict_is_announced_to_screen_readers(open_page: Open, astronaut: Path) -> None:
    page = open_page()
    upload(page, astronaut)
    label = page.locator(".card-toggle .badge").text_content()
    expect(page.locator("#announcement")).to_contain_text(f"astronaut.jpg: {label}")


def test_the_headline_is_that_of_the_server_and_the_scale_shows_the_thresholds(
    open_page: Open, server: Server, astronaut: Path
) -> None:
    page = open_page()
    upload(page, astronaut)
    newest = server.client.get("/v1/history?limit=1").json()["items"][0]
    fake = newest["probability_fake"]
    expect(page.locator(".verdict strong")).to_have_text(newest["headline"]["detail"])
    expect(page.locator(".verdict-words")).to_have_text(newest["headline"]["caution"])
    scale = page.locator(".card-body .scale")
    expect(scale).to_have_attribute("aria-label", f"Probability of fake: {100 * fake:.1f}%. " + thresholds(newest))
    expect(scale.locator(".limit")).to_have_count(2)


def thresholds(verdict) -> str:  # type: ignore[no-untyped-def]
    low, high = (100 * verdict["thresholds"][name] for name in ("real_below", "fake_above"))
    return f"Real below {low:.1f}%, fake above {high:.1f}%, unsure between."


def test_results_can_be_filtered_and_sorted(open_page: Open, astronaut: Path, broken: Path, folder: Path) -> None:
    page = open_page()
    upload(page, astronaut, broken, folder / "a.jpg")
    page.get_by_role("button", name="Problem 1").click()
    expect(page.locator(".card:visible .card-name")).to_have_text([broken.name])
    page.get_by_role("button", name="All 3").click()
    page.select_option("#sort", "name")
    expect(page.locator(".card:visible .card-name")).to_have_text([broken.name, "a.jpg", "astronaut.jpg"])
    page.click("#clear")
    expect(page.locator("#batch")).to_be_hidden()


def test_results_can_be_downloaded_and_copied(open_page: Open, astronaut: Path, tmp_path: Path) -> None:
    page = open_page()
    formula = tmp_path / "=1+1.jpg"
    formula.write_text("no picture")
    upload(page, astronaut, formula)
    with page.expect_download() as download:
        page.locator(".batch-tools .menu > summary").click()
        page.click("#save-json")
    found = json.loads(Path(download.value.path()).read_text())
    assert [entry["path"] for entry in found] == ["astronaut.jpg", "=1+1.jpg"]
    assert found[0]["faces"][0]["box"]
    with page.expect_download() as download:
        page.locator(".batch-tools .menu > summary").click()
        page.click("#save-csv")
    rows = list(csv.DictReader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))
    assert float(rows[0]["probability_fake"]) == found[0]["probability_fake"]
    assert rows[1]["path"] == "'=1+1.jpg"
    page.locator(".card-actions .menu > summary").click()
    page.get_by_role("button", name="Copy as text").click()
    expect(page.locator("#toast")).to_be_visible()
    assert "astronaut.jpg: " in page.evaluate("() => navigator.clipboard.readText()")


def test_the_report_prints_every_picture_and_the_model(open_page: Open, astronaut: Path, broken: Path) -> None:
    page = open_page(dark=True)
    upload(page, astronaut, broken)
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("#report-head")).to_contain_text("SHA-256")
    expect(page.locator(".top")).to_be_hidden()
    expect(page.locator(".card-body")).to_have_count(2)
    assert len(page.pdf()) > 10_000


def test_feedback_reaches_the_history_and_entries_can_be_deleted(
    open_page: Open, server: Server, astronaut: Path
) -> None:
    server.client.delete("/v1/history")
    page = open_page()
    upload(page, astronaut)
    page.locator(".card-actions .menu > summary").click()
    page.get_by_role("button", name="It is ").first.click()
    expect(page.get_by_text("Noted")).to_be_visible()
    assert server.client.get("/v1/history").json()["items"][0]["feedback"]
    page.locator("#files").set_input_files(astronaut)
    expect(page.locator(".card .card-toggle .badge")).to_have_count(2)
    page.get_by_role("link", name="History").click()
    expect(page.locator("#history tbody tr")).to_have_count(2)
    expect(page.locator("#history")).to_contain_text("It is ")
    page.get_by_role("button", name="Delete the entry of").first.click()
    expect(page.locator("#history tbody tr")).to_have_count(1)
    page.click("#delete-all")
    page.click("#confirm-delete")
    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    assert server.client.get("/v1/history").json()["total"] == 0
    page.get_by_role("link", name="Judge").click()
    expect(page.locator(".card")).to_have_count(2)


def test_a_picture_without_a_face_can_be_judged_whole(open_page: Open, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (300, 200), "teal").save(tmp_path / "wall.png")
    page = open_page()
    upload(page, tmp_path / "wall.png")
    expect(page.locator(".card-toggle .badge")).to_have_text("No face")
    page.get_by_role("button", name="Judge the whole picture").click()
    expect(page.locator(".card .box")).to_have_count(1)


def test_the_help_counts_false_alarms(open_page: Open) -> None:
    page = open_page("#/help")
    expect(page.locator("#odds-share")).to_have_attribute("aria-valuetext", "1%")
    page.locator("#odds-share").fill("0")
    page.locator("#odds-rate").fill("3")
    expect(page.locator(".odds-words")).to_contain_text("100 alarms: 0 right and 100 false")
    page.locator("#odds-share").fill("3")
    expect(page.locator(".odds-words")).to_contain_text("80 right and 99 false")
    page.locator(".skip").press("Enter")
    expect(page.locator("#help h1")).to_be_visible()


def test_the_theme_can_be_chosen_and_stays(open_page: Open) -> None:
    page = open_page()
    for theme in ("light", "dark"):
        page.click("#theme")
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_page_can_be_installed_and_names_no_other_host(server: Server) -> None:
    html = server.client.get("/").text
    assert "http://" not in html
    assert "https://" not in html
    manifest = server.client.get("/static/manifest.webmanifest").json()
    for icon in manifest["icons"]:
        assert server.client.get(f"/static/{icon['src']}").status_code == 200
    policy = server.client.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_server_with_keys_asks_for_a_key(open_page: Open, tmp_path: Path, astronaut: Path) -> None:
    with Server(tmp_path, "--require-key", "yes") as guarded:
        key = guarded.key("desk")
        page = open_guarded(open_page, guarded, key)
        upload(page, astronaut)
        assert guarded.client.get("/v1/history", headers={"X-API-Key": key}).json()["total"] == 1


def open_guarded(open_page: Open, guarded: Server, key: str) -> Page:
    """Open the page of a server with keys; enter an invalid key, then the valid one."""
    context_page = open_page(url=guarded.url, ready=False)
    context_page.locator("#key").fill("wrong")
    context_page.get_by_role("button", name="Use this key").click()
    expect(context_page.get_by_text("not valid")).to_be_visible()
    context_page.locator("#key").fill(key)
    context_page.get_by_role("button", name="Use this key").click()
    context_page.wait_for_selector("body[data-ready]")
    return context_page


def test_a_doubtful_face_and_notes_about_the_file_are_explained(
    open_page: Open, server: Server, astronaut: Path
) -> None:
    body = server.detect(("astronaut.jpg", astronaut.read_bytes())).json()
    [result] = body["results"]
    del result["headline"]
    result |= {"label": "unsure", "smallest_face": 12, "notes": ["The last byte is missing."]}
    result["faces"][0] |= {"label": "unsure", "detection_score": 0.71, "reason": "doubtful_face"}
    page = open_page()
    page.route("**/v1/detect*", lambda route: route.fulfill(json=body))
    upload(page, astronaut)
    expect(page.locator(".verdict strong")).to_have_text("perhaps not a face")
    expect(page.locator(".stability")).to_contain_text("not certain that this is a face (score 71.0%)")
    page.locator(".fact-row > summary").click()
    expect(page.locator(".facts")).to_contain_text("faces below 12 pixels were not searched")
    expect(page.locator(".facts")).to_contain_text("The last byte is missing.")
