"""Many pictures at once: a job of the server, which a reloaded page finds again."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.page_actions import accessibility_violations
from tests.web.server_process import Server

pytestmark = pytest.mark.integration
MANY = 20


@pytest.fixture(scope="module")
def many_pictures(tmp_path_factory: pytest.TempPathFactory, portrait: Image.Image) -> list[Path]:
    """More files than one request may carry; one is not a picture."""
    folder = tmp_path_factory.mktemp("many")
    paths = [folder / f"{number:02}.jpg" for number in range(MANY)]
    for number, path in enumerate(paths):
        portrait.resize((240 + number, 240)).save(path)
    paths[3].write_text("no picture")
    return paths


def expect_results(page: Page, count: int = MANY) -> None:
    expect(page.locator(".card .card-toggle .badge")).to_have_count(count)


def jobs(server: Server) -> list[dict[str, Any]]:
    """A list with the newest job, or an empty list."""
    return server.client.get("/v1/jobs?limit=1").json()["jobs"]  # type: ignore[no-any-return]


def wait_for_state(server: Server, state: str) -> None:
    """Wait until the newest job has this state."""
    deadline = time.monotonic() + 60
    while (found := jobs(server)[0]["state"]) != state:
        assert time.monotonic() < deadline, f"the job is {found}, not {state}"
        time.sleep(0.02)


def test_many_pictures_are_sent_as_one_job_and_survive_a_reload(
    open_page: Open, server: Server, many_pictures: list[Path]
) -> None:
    page = open_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(f"{request.method} {re.sub('^.*/v1', '/v1', request.url)}"))
    page.set_input_files("#files", many_pictures)
    expect(page.locator(".card .card-toggle .badge").first).to_be_visible()
    assert requests.count("POST /v1/jobs") == 1
    assert not any("/v1/detect" in each for each in requests)
    page.reload()
    expect_results(page)
    assert jobs(server)[0]["state"] == "done"
    expect(page.locator(".card-name")).to_have_text([path.name for path in many_pictures])
    page.get_by_role("button", name="Problem 1").click()
    page.locator(".card:visible .card-toggle").click()
    expect(page.locator(".card:visible .problem-words")).to_contain_text("not a picture")
    page.get_by_role("button", name=f"All {MANY}").click()
    page.locator(".card-toggle").first.click()
    expect(page.get_by_text("page was reloaded")).to_be_visible()
    expect(page.locator(".no-preview")).to_be_visible()
    assert accessibility_violations(page) == []
    page.click("#clear")
    page.reload()
    expect(page.locator("#batch")).to_be_hidden()


def test_without_a_reload_every_card_keeps_its_picture_and_its_feedback(
    open_page: Open, many_pictures: list[Path]
) -> None:
    page = open_page()
    page.set_input_files("#files", many_pictures)
    expect_results(page)
    expect(page.locator("#overall")).to_be_hidden()
    page.locator(".card-toggle").first.click()
    expect(page.locator(".card-body .picture > img")).to_be_visible()
    expect(page.locator(".signals > summary")).to_be_visible()


def test_a_job_can_be_cancelled_and_one_picture_retried(
    open_page: Open, server: Server, crowd: Image.Image, tmp_path: Path
) -> None:
    crowd.save(tmp_path / "crowd.jpg")
    page = open_page()
    page.set_input_files("#files", [tmp_path / "crowd.jpg"] * 2 * MANY)
    page.wait_for_selector("#cancel-all")
    with server.slowed():
        expect(page.locator(".card .card-toggle .badge").first).to_be_visible()
    with server.paused():
        page.click("#cancel-all")
    expect(page.locator("#overall")).to_be_hidden()
    expect(page.get_by_text("Cancelled").first).to_be_visible()
    wait_for_state(server, "cancelled")
    before = page.locator(".card .card-toggle .badge").count()
    page.get_by_role("button", name="Try again").first.click()
    expect_results(page, before + 1)


def test_the_upload_of_a_job_can_be_cancelled_and_can_fail(open_page: Open, many_pictures: list[Path]) -> None:
    page = open_page()
    page.route("**/v1/jobs", lambda route: None)
    page.set_input_files("#files", many_pictures)
    page.click("#cancel-all")
    expect(page.get_by_text("Cancelled")).to_have_count(MANY)
    page.unroute("**/v1/jobs")
    page.click("#clear")
    page.route("**/v1/jobs", lambda route: route.abort())
    page.set_input_files("#files", many_pictures)
    expect_results(page)
    expect(page.get_by_role("button", name=f"Problem {MANY}")).to_be_visible()


def test_a_job_continues_after_a_restart_of_the_server(
    open_page: Open, tmp_path: Path, many_pictures: list[Path]
) -> None:
    with Server(tmp_path, "--threads", "1") as killed:
        page = open_page(url=killed.url)
        with killed.slowed():
            page.set_input_files("#files", many_pictures)
            expect(page.locator(".card .card-toggle .badge").first).to_be_visible()
        killed.kill()
        killed.restart()
        expect_results(page)
        assert killed.client.get("/v1/history").json()["total"] == MANY - 1
