"""Chromium against the real server, with a video of a face as the camera."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request, expect

from tests.conftest import MODEL
from tests.web.server_process import Server

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
DESKTOP, PHONE = (1280, 900), (390, 844)

Open = Callable[..., Page]
expect.set_options(timeout=60_000)


@pytest.fixture(scope="session")
def camera_video(tmp_path_factory: pytest.TempPathFactory, portrait: Image.Image) -> Path:
    """The video of the fake camera: a face that does not move."""
    frame = tmp_path_factory.mktemp("video") / "frame.jpg"
    portrait.resize((640, 640)).crop((0, 0, 640, 480)).save(frame, "JPEG", quality=95)
    video = frame.with_name("video.mjpeg")
    video.write_bytes(frame.read_bytes() * 30)
    return video


@pytest.fixture(scope="session")
def browser(camera_video: Path, playwright: Playwright) -> Iterator[Browser]:
    """Chromium."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    arguments = [*ARGUMENTS, f"--use-file-for-fake-video-capture={camera_video}"]
    running = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
    yield running
    running.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server with the fast model."""
    with Server(tmp_path_factory.mktemp("browser-server"), UNMASK_MODEL=MODEL) as running:
        yield running


@pytest.fixture
def open_page(browser: Browser, server: Server) -> Iterator[Open]:
    """Opens the page in a new profile. Fails on script errors and on requests to another host."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def check_host(url: str) -> Callable[[Request], None]:
        def check(request: Request) -> None:
            if not request.url.startswith((url, "blob:")):
                faults.append(request.url)

        return check

    def open_at(
        view: str = "",
        *,
        size: tuple[int, int] = DESKTOP,
        dark: bool = False,
        url: str = server.url,
        ready: bool = True,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write", "camera"],
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("filechooser", lambda _: None)  # intercepts dialogs before the first one opens
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(f"a script opened {dialog.message}"))
        page.on("request", check_host(url))
        page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
        page.goto(f"{url}/{view}")
        if ready:
            page.wait_for_selector("body[data-ready]")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A file that is not a picture, with markup as its name."""
    path = tmp_path / "<img src=x onerror=alert(1)>.jpg"
    path.write_text("no picture")
    return path


@pytest.fixture
def folder(tmp_path: Path, portrait: Image.Image) -> Path:
    """A folder of three pictures and a text file."""
    root = tmp_path / "holiday"
    (root / "deep").mkdir(parents=True)
    for number, name in enumerate(("b.jpg", "a.jpg", "deep/c.png")):
        portrait.resize((200 + number, 200)).save(root / name)
    (root / "notes.txt").write_text("not a picture")
    return root
