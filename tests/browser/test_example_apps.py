"""The Gradio and the Streamlit app in Chromium, with the real libraries."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import MODEL, SAMPLES

EXAMPLES = Path(__file__).parents[2] / "examples"
MAX_LINES = 80

pytestmark = pytest.mark.integration


@contextmanager
def running(*command: str, port: int) -> Iterator[str]:
    """A started app; its output is shown if it does not answer."""
    environment = {**os.environ, "UNMASK_MODEL": MODEL, "PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    process = subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None:
            try:
                urlopen(url, timeout=5).close()
                break
            except (URLError, OSError):
                time.sleep(0.2)
        else:
            pytest.fail(f"{command[-1]} did not start: {process.stdout.read() if process.stdout else ''}")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that fails on requests to another host."""
    context = browser.new_context(viewport={"width": 1280, "height": 1100})
    foreign: list[str] = []
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    opened.on("request", lambda sent: None if is_local(sent.url) else foreign.append(sent.url))
    yield opened
    if folder := os.environ.get("UNMASK_SCREENSHOTS"):
        opened.screenshot(path=Path(folder) / f"{request.node.name}.png", full_page=True)
    context.close()
    assert foreign == []


def is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "http://localhost:", "blob:", "data:"))


@pytest.mark.parametrize("name", ["gradio_app.py", "streamlit_app.py"])
def test_an_app_is_short(name: str) -> None:
    assert len((EXAMPLES / name).read_text("utf-8").splitlines()) < MAX_LINES


@pytest.mark.skipif(find_spec("gradio") is None, reason="needs gradio, which is not part of the dev extra: Pillow < 13")
def test_the_gradio_app_shows_label_faces_and_heat_map(page: Page) -> None:
    port = free_port()
    with running(str(EXAMPLES / "gradio_app.py"), port=port) as url:
        page.goto(url)
        page.locator("input[type=file]").first.set_input_files(SAMPLES / "blended.jpg")
        page.get_by_role("button", name="Check").click()
        expect(page.get_by_role("heading", name="Unsure")).to_be_visible()
        expect(page.get_by_text("47%")).to_be_visible()
        expect(page.locator("img[src*='/file=']")).to_have_count(3)


@pytest.mark.skipif(find_spec("streamlit") is None, reason="needs streamlit: pip install streamlit")
def test_the_streamlit_app_judges_several_pictures_and_gives_a_table(page: Page, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_text("no picture")
    port = free_port()
    options = ("--server.headless", "true", "--server.port", str(port), "--browser.gatherUsageStats", "false")
    with running("-m", "streamlit", "run", *options, str(EXAMPLES / "streamlit_app.py"), port=port) as url:
        page.goto(url)
        page.locator("input[type=file]").set_input_files([SAMPLES / "astronaut.jpg", SAMPLES / "blended.jpg", broken])
        expect(page.get_by_text("astronaut.jpg: real")).to_be_visible()
        expect(page.get_by_text("blended.jpg: unsure")).to_be_visible()
        expect(page.get_by_text("not a picture unmask can read")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download as CSV").click()
        lines = Path(download.value.path()).read_text("utf-8").splitlines()
        assert [line.split(",")[:2] for line in lines[:3]] == [
            ["file", "label"],
            ["astronaut.jpg", "real"],
            ["blended.jpg", "unsure"],
        ]
