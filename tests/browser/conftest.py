"""A real browser before the real server: Debian's Chromium, with a film of a face for a camera."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect, sync_playwright
from playwright.sync_api import TimeoutError as NothingHappened

from tests.web.serving import Server

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


def choose(page: Page, act: Callable[[], None], picture: Path) -> None:
    """Choose a picture in the dialog that `act` opens. A busy headless Chromium drops a dialog now and then, so that
    a person's second and third try are made too."""
    for attempt in range(3):
        try:
            with page.expect_file_chooser(timeout=60_000 if attempt == 2 else 8_000) as chooser:
                act()
        except NothingHappened:
            continue
        chooser.value.set_files(picture)
        return
    raise AssertionError("no dialog opened in three tries")


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory, portrait: Image.Image) -> Path:
    """What the camera sees: a face that holds still."""
    frame = tmp_path_factory.mktemp("film") / "frame.jpg"
    portrait.resize((640, 640)).crop((0, 0, 640, 480)).save(frame, "JPEG", quality=95)
    film = frame.with_name("film.mjpeg")
    film.write_bytes(frame.read_bytes() * 30)
    return film


@pytest.fixture(scope="session")
def browser(film: Path) -> Iterator[Browser]:
    """Chromium."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        arguments = [*ARGUMENTS, f"--use-file-for-fake-video-capture={film}"]
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield running
        running.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server with default settings, and the default model with them: what it tells of its progress, and
    what can be stopped, takes long enough to be seen."""
    with Server(tmp_path_factory.mktemp("browsed"), UNMASK_MODEL="default") as running:
        yield running


@pytest.fixture
def open_page(browser: Browser, server: Server) -> Iterator[Open]:
    """Opens the page in a fresh profile; afterwards nothing may have gone wrong in it or left for another host."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def stays_at(url: str) -> Callable[[Request], None]:
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
        page.on("filechooser", lambda _: None)  # asks for the dialogs long before the first one opens
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("dialog", lambda dialog: faults.append(f"a script opened {dialog.message}"))
        page.on("request", stays_at(url))
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
    """A file that is no picture, under a name that would be a script if the page let it."""
    path = tmp_path / "<img src=x onerror=alert(1)>.jpg"
    path.write_text("no picture")
    return path


@pytest.fixture
def folder(tmp_path: Path, portrait: Image.Image) -> Path:
    """Three pictures and a note."""
    root = tmp_path / "holiday"
    (root / "deep").mkdir(parents=True)
    for number, name in enumerate(("b.jpg", "a.jpg", "deep/c.png")):
        portrait.resize((200 + number, 200)).save(root / name)
    (root / "notes.txt").write_text("not a picture")
    return root
