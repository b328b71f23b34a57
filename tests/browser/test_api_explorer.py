"""The API explorer at `/docs`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Open
from tests.browser.page_actions import accessibility_violations
from tests.web.server_process import Server

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    ("size", "dark"),
    [pytest.param(DESKTOP, False, marks=pytest.mark.slow), (PHONE, True)],
    ids=["desktop light", "phone dark"],
)
def test_every_endpoint_is_shown_accessible_and_fits(
    open_page: Open, server: Server, size: tuple[int, int], dark: bool
) -> None:
    page = open_page("docs", size=size, dark=dark)
    paths = server.client.get("/openapi.json").json()["paths"]
    endpoints = page.locator(".endpoint")
    expect(endpoints).to_have_count(sum(len(operations) for operations in paths.values()))
    assert set(endpoints.locator("h3").all_inner_texts()) == set(paths)
    for endpoint in endpoints.all():
        endpoint.locator("summary").first.click()
    for details in page.locator(".endpoint details > summary").all():
        details.click()
    assert accessibility_violations(page) == []
    assert page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_files_can_be_sent(open_page: Open, astronaut: Path) -> None:
    page = open_page("docs")
    endpoint = page.locator("#detect_v1_detect_post")
    endpoint.locator("summary").first.click()
    endpoint.get_by_label("stability").select_option("false")
    endpoint.get_by_label("files").set_input_files(astronaut)
    expect(endpoint.get_by_label("The request as a curl command")).to_have_text(
        f"curl -F 'files=@astronaut.jpg' '{page.url.removesuffix('docs')}v1/detect?stability=false'"
    )
    endpoint.get_by_role("button", name="Send").click()
    expect(endpoint.get_by_role("heading", name="Response 200 OK after")).to_be_visible()
    [found] = json.loads(endpoint.get_by_label("Body of the response").inner_text())["results"]
    assert (found["path"], found["faces"][0]["stability"]) == ("astronaut.jpg", None)


def test_get_requests_can_be_sent_with_a_key(open_page: Open) -> None:
    page = open_page("docs")
    page.get_by_label("API key").fill("secret")
    endpoint = page.locator("#example_v1_examples__name__get")
    endpoint.locator("summary").first.click()
    endpoint.get_by_role("textbox", name="name").fill("astronaut.jpg")
    with page.expect_request("**/v1/examples/astronaut.jpg") as sent:
        endpoint.get_by_role("button", name="Send").click()
    assert sent.value.headers["authorization"] == "Bearer secret"
    expect(endpoint.get_by_alt_text("The picture in the response")).to_be_visible()
    expect(endpoint.get_by_label("The request as a curl command")).to_contain_text("Bearer $UNMASK_KEY")


def test_endpoints_that_delete_show_the_command_only(open_page: Open) -> None:
    page = open_page("docs")
    endpoint = page.locator("#forget_v1_history__id__delete")
    endpoint.locator("summary").first.click()
    expect(endpoint.locator("form")).to_have_count(0)
    expect(endpoint.get_by_label("The request as a curl command")).to_contain_text("curl -X DELETE")


def test_the_page_links_to_the_explorer(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("link", name="REST API").click()
    page.wait_for_selector("body[data-ready]")
    assert page.url.endswith("/docs")
