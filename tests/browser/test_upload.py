"""Every way to upload a picture gives the same verdict on the same bytes."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.page_actions import choose

pytestmark = pytest.mark.integration
FAIL_TO_READ_A = """() => addEventListener("drop", ({ dataTransfer }) => {
  const entry = [...dataTransfer.items].map((item) => item.webkitGetAsEntry()).find(({ isFile }) => isFile);
  const kind = Object.getPrototypeOf(entry);
  const { file } = kind;
  kind.file = function (found, failed) {
    if (this.name === "a.jpg") failed(new DOMException("no permission", "NotReadableError"));
    else file.call(this, found, failed);
  };
}, true)"""
COPY_TO_CLIPBOARD = """async (data) => {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes]));
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").drawImage(image, 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/png" });
  await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
}"""


def encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def drop(page: Page, *paths: Path) -> None:
    """Drag files and folders from the desktop and drop them on the page."""
    box = page.locator("#drop").bounding_box()
    assert box is not None
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    session = page.context.new_cdp_session(page)
    for step in ("dragEnter", "dragOver", "drop"):
        if step == "drop":
            expect(page.locator("body")).to_have_class("dragging")
        data = {"items": [], "files": [*map(str, paths)], "dragOperationsMask": 1}
        session.send("Input.dispatchDragEvent", {"type": step, **place, "data": data})
    expect(page.locator("body")).not_to_have_class("dragging")


def body(page: Page):  # type: ignore[no-untyped-def]
    return page.locator(".card-body").first


def test_a_chosen_file_is_judged_byte_for_byte(open_page: Open, astronaut: Path) -> None:
    page = open_page()
    choose(page, lambda: page.click("#pick"), astronaut)
    expect(body(page).locator(".verdict .badge")).to_have_text(re.compile("Fake|Real|Unsure"))
    page.locator(".fact-row > summary").click()
    expect(body(page)).to_contain_text(hashlib.sha256(astronaut.read_bytes()).hexdigest())


def test_a_large_photo_and_a_format_the_browser_cannot_show_are_sent_as_they_are(
    open_page: Open, portrait: Image.Image, tmp_path: Path
) -> None:
    large, heic = tmp_path / "phone.jpg", tmp_path / "phone.heic"
    portrait.resize((4000, 3000)).save(large, quality=92)
    pillow_heif.from_pillow(portrait).save(heic, quality=80)
    page = open_page()
    page.set_input_files("#files", [large, heic])
    expect(page.locator(".card-toggle .badge")).to_have_count(2)
    page.locator(".card-toggle").nth(1).click()
    for card, path in zip(page.locator(".card").all(), (large, heic), strict=True):
        card.locator(".fact-row > summary").click()
        expect(card).to_contain_text(hashlib.sha256(path.read_bytes()).hexdigest())
        expect(card.locator(".box")).to_have_count(1)
    expect(page.locator(".card").nth(0).locator(".facts")).to_contain_text("4000 × 3000 px")
    expect(page.get_by_text("judged anyway").locator("visible=true")).to_have_count(1)
    expect(page.locator(".card").nth(1).locator(".no-preview")).to_be_visible()


def test_several_files_keep_their_order_and_failures_are_named(open_page: Open, astronaut: Path, broken: Path) -> None:
    page = open_page()
    page.set_input_files("#files", [astronaut, broken, astronaut])
    expect(page.locator(".card-toggle .badge")).to_have_count(3)
    page.locator(".card-toggle").nth(1).click()
    expect(page.locator(".card-name")).to_have_text(["astronaut.jpg", broken.name, "astronaut.jpg"])
    expect(page.locator(".problem-words")).to_contain_text("not a picture")
    expect(page.locator(".chip").first).to_have_text("All 3")


def test_only_the_pictures_of_a_folder_are_uploaded(open_page: Open, folder: Path) -> None:
    page = open_page()
    page.set_input_files("#folder", folder)
    expect(page.locator("#toast")).to_contain_text("left out: 1")
    expect(page.locator(".card .card-toggle .badge")).to_have_count(3)
    page.select_option("#sort", "name")
    expect(page.locator(".card-name")).to_have_text(["holiday/a.jpg", "holiday/b.jpg", "holiday/deep/c.png"])


def test_a_dropped_file_is_judged(open_page: Open, astronaut: Path) -> None:
    page = open_page()
    drop(page, astronaut)
    expect(body(page).locator(".verdict")).to_be_visible()
    expect(page.locator(".card-name")).to_have_text("astronaut.jpg")


def test_only_the_pictures_of_a_dropped_folder_are_uploaded_at_any_depth(open_page: Open, folder: Path) -> None:
    (folder / "deep" / "empty").mkdir()
    (folder / "deep" / "deeper").mkdir()
    (folder / "deep" / "deeper" / "d.JPG").write_bytes((folder / "a.jpg").read_bytes())
    (folder / "gone.jpg").symlink_to("nowhere")
    page = open_page()
    drop(page, folder)
    expect(page.locator("#toast")).to_contain_text("left out: 1")
    expect(page.locator(".card .card-toggle .badge")).to_have_count(4)
    page.select_option("#sort", "name")
    names = ["holiday/a.jpg", "holiday/b.jpg", "holiday/deep/c.png", "holiday/deep/deeper/d.JPG"]
    expect(page.locator(".card-name")).to_have_text(names)


def test_a_picture_of_a_dropped_folder_that_cannot_be_read_is_left_out(
    open_page: Open, folder: Path, astronaut: Path
) -> None:
    page = open_page()
    page.evaluate(FAIL_TO_READ_A)
    drop(page, folder, astronaut)
    expect(page.locator("#toast")).to_contain_text("left out: 2")
    expect(page.locator(".card .card-toggle .badge")).to_have_count(3)
    page.select_option("#sort", "name")
    expect(page.locator(".card-name")).to_have_text(["astronaut.jpg", "holiday/b.jpg", "holiday/deep/c.png"])


def test_a_dropped_folder_without_pictures_shows_a_message(open_page: Open, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "notes.txt").write_text("not a picture")
    page = open_page()
    drop(page, tmp_path / "notes")
    expect(page.locator("#toast")).to_contain_text("no picture in this folder")
    expect(page.locator("#batch")).to_be_hidden()


def test_a_pasted_picture_is_judged_by_key_and_by_button(open_page: Open, astronaut: Path) -> None:
    page = open_page()
    page.evaluate(COPY_TO_CLIPBOARD, encoded(astronaut))
    page.keyboard.press("Control+V")
    expect(page.locator(".card .card-toggle .badge")).to_have_count(1)
    page.click("#paste")
    expect(page.locator(".card .card-toggle .badge")).to_have_count(2)


def test_an_example_is_one_click_away(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("button", name="astronaut").click()
    expect(body(page).locator(".verdict")).to_be_visible()


def test_the_camera_takes_a_picture(open_page: Open) -> None:
    page = open_page()
    page.click("#open-camera")
    page.wait_for_timeout(500)
    page.click("#shoot")
    expect(page.locator("dialog")).to_have_count(0)
    expect(body(page).locator(".verdict")).to_be_visible()
    expect(page.locator(".card .box")).to_have_count(1)


def test_live_mode_judges_repeatedly_and_stores_nothing(open_page: Open, server) -> None:  # type: ignore[no-untyped-def]
    page = open_page()
    before = server.client.get("/v1/history").json()["total"]
    page.click("#open-camera")
    with page.expect_response(re.compile("v1/detect")), page.expect_response(re.compile("v1/detect")):
        page.click("#live")
    with page.expect_response(re.compile("v1/detect")) as answer:
        pass
    assert answer.value.json()["results"][0]["faces"]
    expect(page.locator(".camera-stage .box")).to_have_count(1)
    expect(page.locator(".camera-live .badge")).to_be_visible()
    expect(page.locator(".chart .line")).to_have_attribute("d", re.compile("L"))
    page.click("#live")
    page.get_by_role("button", name="Close").click()
    assert server.client.get("/v1/history").json()["total"] == before


def test_an_upload_can_be_cancelled_and_retried(open_page: Open, astronaut: Path) -> None:
    page = open_page()
    page.route("**/v1/detect*", lambda route: None)
    page.set_input_files("#files", astronaut)
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator(".card")).to_contain_text("Cancelled")
    page.unroute("**/v1/detect*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".card .card-toggle .badge")).to_have_count(1)


def test_a_request_to_a_busy_server_is_retried(open_page: Open, astronaut: Path) -> None:
    page = open_page()
    seen: list[str] = []

    def busy_once(route) -> None:  # type: ignore[no-untyped-def]
        seen.append(route.request.url)
        if len(seen) == 1:
            headers = {"Retry-After": "1", "Content-Type": "application/problem+json"}
            route.fulfill(status=503, headers=headers, body='{"detail": "busy"}')
        else:
            route.continue_()

    page.route("**/v1/detect*", busy_once)
    page.set_input_files("#files", astronaut)
    expect(page.locator(".card")).to_contain_text("busy")
    expect(page.locator(".card .card-toggle .badge")).to_have_count(1)
    assert len(seen) == 2


def test_an_unreachable_server_is_shown_as_a_problem(open_page: Open, astronaut: Path) -> None:
    page = open_page()
    page.route("**/v1/detect*", lambda route: route.abort())
    page.set_input_files("#files", astronaut)
    expect(page.locator(".problem-words")).to_contain_text("cannot be reached")
