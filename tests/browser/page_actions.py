"""Actions and checks that several browser tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout


def choose(page: Page, act: Callable[[], None], picture: Path) -> None:
    """Choose a picture in the file dialog that `act` opens.

    A busy headless Chromium sometimes drops a dialog, so up to three attempts are made.
    """
    for attempt in range(3):
        try:
            with page.expect_file_chooser(timeout=60_000 if attempt == 2 else 8_000) as chooser:
                act()
        except PlaywrightTimeout:
            continue
        chooser.value.set_files(picture)
        return
    raise AssertionError("no dialog opened in three attempts")


def upload(page: Page, *paths: Path) -> None:
    """Upload pictures and wait until each has a result."""
    page.set_input_files("#files", list(paths))
    expect(page.locator(".card .card-toggle .badge")).to_have_count(len(paths))


def accessibility_violations(page: Page) -> list[str]:
    """The serious and critical violations that axe finds on the page."""
    violations = Axe().run(page).response["violations"]
    return [
        f"{violation['id']}: {node['html']}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
