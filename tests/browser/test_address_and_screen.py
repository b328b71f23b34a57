"""The page judges a picture by its address, and a screen that is shared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Open
from tests.web.server_process import Server

pytestmark = pytest.mark.integration

ADDRESS = "https://pictures.example/astronaut.jpg"


@pytest.fixture(scope="module")
def fetching_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that loads pictures by their address."""
    with Server(tmp_path_factory.mktemp("fetching"), UNMASK_MODEL="fast", UNMASK_FETCH="1") as running:
        yield running


def test_a_picture_is_judged_by_its_address(open_page: Open, fetching_server: Server, astronaut: Path) -> None:
    """The answer of the other host is given by the test; the server has its own tests of what it loads."""
    page = open_page(url=fetching_server.url)
    page.click("#open-address")
    page.get_by_label("Address").fill("http://127.0.0.1/private.jpg")
    page.get_by_role("button", name="Load").click()
    expect(page.locator("dialog .problem-words")).to_contain_text("127.0.0.1")

    def answer(route: Route) -> None:
        assert route.request.post_data_json == {"url": ADDRESS}
        headers = {"Content-Disposition": 'attachment; filename="astronaut.jpg"', "Content-Type": "image/jpeg"}
        route.fulfill(body=astronaut.read_bytes(), headers=headers)

    page.route("**/v1/fetch", answer)
    page.get_by_label("Address").fill(ADDRESS)
    page.get_by_role("button", name="Load").click()
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.locator(".card .verdict")).to_be_visible()


def test_a_shared_screen_is_judged(open_page: Open) -> None:
    """The shared screen is the video of the test browser's camera, because the test has no screen."""
    page = open_page()
    page.evaluate("navigator.mediaDevices.getDisplayMedia = () => navigator.mediaDevices.getUserMedia({ video: true })")
    page.click("#open-screen")
    expect(page.locator("#live")).to_have_text("Stop judging")
    expect(page.locator(".camera-stage .box")).to_have_count(1)
    expect(page.locator(".camera-live .badge")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.locator("dialog")).to_have_count(0)
