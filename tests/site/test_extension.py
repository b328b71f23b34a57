"""The browser extension: its packages, and the check of pictures in Chromium."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Worker, expect

from tests.browser.conftest import CHROMIUM
from tests.site.conftest import ONLY_LOCAL, Host
from unmask.site import export_extension
from unmask.site.export_extension import manifest

TIMEOUT = 120_000
CLICK = """async ([address, url]) => {
  const [tab] = await chrome.tabs.query({ url: `${url}/*` });
  chrome.contextMenus.onClicked.dispatch({ menuItemId: "check-face", srcUrl: address, frameId: 0 }, tab);
}"""


def test_it_asks_for_no_host_until_one_is_needed() -> None:
    for target in ("chromium", "firefox"):
        made = manifest(target)
        assert "host_permissions" not in made
        assert set(made["permissions"]) <= {"activeTab", "contextMenus", "scripting", "storage", "sidePanel"}
        assert made["optional_host_permissions"] == ["*://*/*"]
    assert manifest("firefox")["background"] == {"scripts": ["extension/background.js"]}


@pytest.fixture(scope="session")
def extension(runtime: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the exported extension."""
    return export_extension(tmp_path_factory.mktemp("extension")).unpacked


@pytest.mark.integration
def test_both_packages_hold_every_file_of_their_manifest(extension: Path) -> None:
    for target in ("chromium", "firefox"):
        with zipfile.ZipFile(extension.with_name(f"unmask-{target}.zip")) as package:
            names, made = set(package.namelist()), json.loads(package.read("manifest.json"))
        assert made == manifest(target)
        needed = {"extension/background.js", "extension/panel.html", "engine/worker.js", "site.json"}
        needed |= set(made["icons"].values()) | {"_locales/en/messages.json", "_locales/de/messages.json"}
        assert needed <= names


def test_both_languages_have_the_same_texts() -> None:
    import unmask.site

    folder = Path(unmask.site.__file__).parent / "extension" / "_locales"
    english, german = (json.loads((folder / tag / "messages.json").read_text("utf-8")) for tag in ("en", "de"))
    assert english.keys() == german.keys()


@pytest.fixture
def hosts(tmp_path: Path, astronaut: Path) -> Iterator[list[Host]]:
    """Three hosts with the picture: that of the page, one that lets everyone read, and one that does not."""
    folder = tmp_path / "host"
    folder.mkdir()
    shutil.copy(astronaut, folder / "face.jpg")
    (folder / "index.html").write_text('<!doctype html><title>pictures</title><img src="face.jpg">')
    made = [Host(folder, ""), Host(folder, "", {"Access-Control-Allow-Origin": "*"}), Host(folder, "")]
    yield made
    for host in made:
        host.stop()


@pytest.fixture
def chromium(extension: Path, hosts: list[Host], tmp_path: Path, playwright: Playwright) -> Iterator[BrowserContext]:
    """Chromium with the extension, which may read the host of the page, as after a click on its menu entry."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    loaded = shutil.copytree(extension, tmp_path / "extension")
    described = json.loads((loaded / "manifest.json").read_text())
    allowed = described | {"host_permissions": [f"{hosts[0].url}/*"]}
    (loaded / "manifest.json").write_text(json.dumps(allowed))
    context = playwright.chromium.launch_persistent_context(
        tmp_path / "profile",
        executable_path=CHROMIUM,
        locale="en-US",
        args=["--no-sandbox", "--disable-gpu", f"--load-extension={loaded}", ONLY_LOCAL],
        ignore_default_args=["--disable-extensions"],
    )
    yield context
    context.close()


def background(context: BrowserContext) -> Worker:
    return context.service_workers[0] if context.service_workers else context.wait_for_event("serviceworker")


def check(context: BrowserContext, hosts: list[Host], address: str) -> Page:
    """The panel after a click on the menu entry of a picture."""
    with context.expect_page(timeout=TIMEOUT) as opened:
        background(context).evaluate(CLICK, [address, hosts[0].url])
    panel = opened.value
    panel.wait_for_selector("body[data-label]:not([data-label=''])", timeout=TIMEOUT)
    return panel


@pytest.mark.integration
def test_a_picture_is_judged_in_the_panel(chromium: BrowserContext, hosts: list[Host]) -> None:
    chromium.pages[0].goto(f"{hosts[0].url}/index.html")
    own, shared, closed = (f"{host.url}/face.jpg" for host in hosts)
    for address in (own, shared):
        panel = check(chromium, hosts, address)
        expect(panel.locator("#result .badge")).to_have_text("Real")
        expect(panel.locator("#result .box")).to_have_count(1)
        panel.close()
    panel = check(chromium, hosts, closed)
    expect(panel.locator("#allow")).to_have_text(f"Allow {hosts[2].url}")
    assert set(hosts[2].asked) == {"/face.jpg"}
