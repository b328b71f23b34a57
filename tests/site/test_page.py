"""The page of the site: verdicts, several faces, heat map, downloads, models, offline, phones."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.page_actions import accessibility_violations
from tests.site.conftest import PHONE, Host

pytestmark = pytest.mark.integration
Open = Callable[..., Page]
TIMEOUT = 120_000
CHOOSE_LATER = """(own) => {
  const chosen = document.getElementById("files");
  setTimeout(() => {
    chosen.files = own.files;
    chosen.dispatchEvent(new Event("change"));
  }, 1000);
}"""
LONG_TASKS = """() => {
  window.longest = 0;
  const note = ({ duration }) => (window.longest = Math.max(window.longest, duration));
  new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ entryTypes: ["longtask"] });
}"""


def judge(page: Page, *paths: Path) -> None:
    page.set_input_files("#files", list(paths))
    expect(page.locator('.card:not([data-label=""])')).to_have_count(len(paths), timeout=TIMEOUT)


def test_it_judges_without_a_server_and_without_other_hosts(host: Host, open_site: Open, astronaut: Path) -> None:
    page = open_site(host)
    judge(page, astronaut)
    expect(page.locator(".card .badge").first).to_have_text("Real")
    page.get_by_role("button", name="Heat map").click()
    expect(page.locator("canvas.heat")).to_have_count(1, timeout=TIMEOUT)
    page.locator("details.signals summary").first.click()
    expect(page.locator("details.signals")).to_contain_text("unmask on a computer")
    assert all(path.startswith(host.prefix) for path in host.asked if path != "/favicon.ico")
    assert not [path for path in host.asked if "/v1/" in path]


def test_several_pictures_are_saved_as_json(
    host: Host, open_site: Open, crowd: Image.Image, astronaut: Path, tmp_path: Path
) -> None:
    group, broken = tmp_path / "group.png", tmp_path / "broken.jpg"
    crowd.resize((600, 600)).save(group)
    broken.write_bytes(astronaut.read_bytes()[:20_000])
    page = open_site(host)
    judge(page, astronaut, group, broken)
    with page.expect_download() as download:
        page.locator(".batch-tools .menu summary").click()
        page.click("#save-json")
    rows = {row["path"]: row for row in json.loads(Path(download.value.path()).read_text())}
    assert rows["astronaut.jpg"]["label"] == "real"
    assert len(rows["group.png"]["faces"]) == 9
    assert rows["broken.jpg"]["problem"] == {"code": "corrupt_image", "message": "broken.jpg: damaged or cut short"}


def test_it_works_offline_after_the_first_visit(site: Path, open_site: Open, astronaut: Path) -> None:
    host = Host(site)
    page = open_site(host)
    page.evaluate("() => navigator.serviceWorker.ready")
    page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'")
    host.stop()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("crossOriginIsolated")
    judge(page, astronaut)
    expect(page.locator(".card .badge").first).to_have_text("Real")


def test_visitors_choose_the_model(host: Host, open_site: Open, astronaut: Path) -> None:
    page = open_site(host)
    page.select_option("#model", "default")
    expect(page.locator("#foot")).to_contain_text("model default")
    judge(page, astronaut)
    expect(page.locator(".card")).to_contain_text("default 1")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("#model")).to_have_value("default")


def test_it_fits_a_phone_and_can_be_installed(host: Host, open_site: Open, astronaut: Path) -> None:
    page = open_site(host, PHONE)
    judge(page, astronaut)
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    assert accessibility_violations(page) == []
    manifest = page.evaluate("async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json()")
    assert manifest["display"] == "standalone"
    page.locator('nav a[data-view="history"]').click()
    expect(page.locator("#history")).to_contain_text("stores nothing")
    page.locator('nav a[data-view="help"]').click()
    expect(page.locator("#help h1")).to_be_visible()
    expect(page.locator("#help")).not_to_contain_text("openapi.json")


def test_the_camera_is_judged_live(host: Host, open_site: Open) -> None:
    page = open_site(host)
    page.click("#open-camera")
    page.click("#live")
    expect(page.locator(".camera-live .badge")).to_have_text("No face", timeout=TIMEOUT)


@pytest.mark.slow
def test_100_verdicts_do_not_block_a_phone(host: Host, open_site: Open, portrait: Image.Image, tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.jpg" for number in range(100)]
    for number, path in enumerate(paths):
        portrait.resize((300 + number, 300 + number)).save(path)
    page = open_site(host, PHONE)
    page.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<input type=file id=own multiple hidden>')")
    page.set_input_files("#own", list(paths))
    page.locator("#own").evaluate(CHOOSE_LATER)
    page.evaluate(LONG_TASKS)
    judged, deadline = page.locator('.card:not([data-label=""])'), time.monotonic() + TIMEOUT / 1000
    while judged.count() < len(paths):
        assert time.monotonic() < deadline
        time.sleep(10)  # each look at the page is a task of its main thread
    longest = page.evaluate("window.longest")
    sys.stdout.write(f"100 verdicts; longest task of the main thread: {longest:g} ms\n")
    assert longest < 100
