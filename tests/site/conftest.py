"""The static site of `unmask export-site` below a sub-path of a local host, and Chromium."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from unmask.errors import SiteError
from unmask.site import export_site
from unmask.site.web_runtime import read_web_runtime

PREFIX = "/some/place"
"""Path of the site on its host."""
PHONE = (390, 844)
ONLY_LOCAL = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


class Host:
    """A static host that serves a folder below a prefix and records what it is asked for."""

    def __init__(self, folder: Path, prefix: str = PREFIX, headers: dict[str, str] | None = None) -> None:
        self.asked: list[str] = []
        self.folder, self.prefix, self.headers = folder, prefix, headers or {}
        self._server = _Server(("127.0.0.1", 0), partial(_Handler, host=self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Browsers break connections that they no longer need."""


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *arguments: Any, host: Host) -> None:
        self.host = host
        super().__init__(*arguments, directory=str(host.folder))

    def translate_path(self, path: str) -> str:
        self.host.asked.append(path)
        if not path.startswith(f"{self.host.prefix}/"):
            return str(self.host.folder / "missing")
        return super().translate_path(path.removeprefix(self.host.prefix))

    def end_headers(self) -> None:
        for name, value in self.host.headers.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="session")
def runtime() -> dict[str, bytes]:
    """The files of ONNX Runtime Web; without npm and a network the test is skipped."""
    try:
        return read_web_runtime()
    except SiteError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def site(runtime: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site with the models fast and default."""
    return export_site(tmp_path_factory.mktemp("site") / "public").folder


@pytest.fixture
def host(site: Path) -> Iterator[Host]:
    host = Host(site)
    yield host
    host.stop()


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Chromium, which reaches no host but this machine."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    running = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, ONLY_LOCAL])
    yield running
    running.close()


@pytest.fixture
def open_site(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens the site in a new profile. Fails on script errors, refused content and requests to another host."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def open_at(host: Host, size: tuple[int, int] = (1280, 900), query: str = "") -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="en-US", permissions=["camera"]
        )
        contexts.append(context)
        context.on("request", lambda request: _own(request.url, host.url) or faults.append(request.url))
        context.on("weberror", lambda error: faults.append(str(error.error)))
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
        page.goto(f"{host.url}{host.prefix}/{query}")
        page.wait_for_selector("body[data-ready]")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert faults == []


def _own(url: str, host: str) -> bool:
    return url.startswith((host, f"blob:{host}", "data:"))
