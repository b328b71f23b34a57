"""Many results as a grid with keys and selection, a video, both languages, and the base rate."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser.conftest import PHONE, Open
from tests.browser.page_actions import accessibility_violations, upload
from tests.conftest import SAMPLES
from tests.web.server_process import Server

pytestmark = pytest.mark.integration


def test_many_results_form_a_grid_that_keys_filter_open_and_select(open_page: Open, tmp_path: Path) -> None:
    page = open_page()
    names = ("astronaut", "blended", "coffee", "generated", "hopper")
    upload(page, *(SAMPLES / f"{name}.jpg" for name in names))
    expect(page.locator("#cards")).to_have_class("cards grid")
    expect(page.locator(".card.opened")).to_have_count(1)
    page.keyboard.press("f")
    expect(page.locator(".card:visible .card-name")).to_have_text(["generated.jpg"])
    page.keyboard.press("f")
    page.locator(".card-toggle").first.focus()
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#clear")).to_have_text("Remove 1 selected")
    page.keyboard.press("o")
    expect(page.locator(".card.opened")).to_have_count(2)
    page.locator(".batch-tools .menu > summary").click()
    with page.expect_download() as download:
        page.click("#save-json")
    assert [each["path"] for each in json.loads(Path(download.value.path()).read_text())] == ["blended.jpg"]
    assert accessibility_violations(page) == []


def test_the_page_speaks_the_language_of_the_browser(browser: Browser, server: Server, astronaut: Path) -> None:
    context = browser.new_context(locale="de-DE", viewport={"width": PHONE[0], "height": PHONE[1]}, color_scheme="dark")
    page = context.new_page()
    page.goto(server.url)
    page.wait_for_selector("body[data-ready]")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    upload(page, astronaut)
    expect(page.locator(".verdict strong")).to_contain_text("keine Spur einer bekannten Fälschung")
    assert accessibility_violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0
    page.locator("#languages button").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    context.close()


def test_words_of_the_browser_equal_those_of_the_server(open_page: Open, server: Server) -> None:
    page = open_page()
    script = """async (result) => {
      const { headlineOf } = await import("/static/js/headline.js");
      const { headline, ...bare } = result;
      const { code, detail, caution } = headlineOf(bare);
      return { code, detail, caution };
    }"""
    for name in ("astronaut", "blended", "generated", "coffee"):
        [result] = server.detect((f"{name}.jpg", (SAMPLES / f"{name}.jpg").read_bytes())).json()["results"]
        expected = {key: result["headline"][key] for key in ("code", "detail")}
        found = page.evaluate(script, result)
        assert {key: found[key] for key in expected} == expected


def test_a_base_rate_restates_the_score(open_page: Open) -> None:
    page = open_page()
    upload(page, SAMPLES / "generated.jpg")
    value = page.locator(".base-rate-value")
    before = value.text_content()
    page.get_by_label("Share of fakes").select_option("0.001")
    expect(value).not_to_have_text(str(before))


def test_a_video_has_a_timeline(open_page: Open, tmp_path: Path, portrait: Image.Image) -> None:
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "clip.webm"), "w") as container:
        stream = container.add_stream("libvpx", rate=5)
        stream.width, stream.height, stream.pix_fmt = 320, 320, "yuv420p"
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_image(portrait.resize((320, 320)))))
        container.mux(stream.encode())
    page = open_page()
    upload(page, tmp_path / "clip.webm")
    expect(page.locator(".track")).to_have_count(1)
    page.locator(".timeline input").focus()
    page.keyboard.press("End")
    assert page.locator(".picture video").evaluate("(video) => video.currentTime") > 1
    assert accessibility_violations(page) == []
