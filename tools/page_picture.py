"""Take the screenshot of the web page shown in README.md and `docs/web.md` from a running server.

unmask serve & python -m tools.page_picture http://127.0.0.1:8000 IMAGE…
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

OUTPUT = Path(__file__).parents[1] / "docs/pictures/web-page.png"


def main(url: str, *images: str) -> None:
    """Upload the images, show the heat map of the first one, and save a screenshot."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1180, "height": 1000}, reduced_motion="reduce")
        page.goto(url)
        page.wait_for_selector("body[data-ready]")
        page.set_input_files("#files", list(images))
        page.locator("#overall").wait_for(state="hidden")
        page.wait_for_selector(".card-body")
        page.get_by_role("button", name="Show the heat map").first.click()
        page.wait_for_selector("canvas.heat")
        page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0); }")
        page.wait_for_timeout(300)
        page.screenshot(path=OUTPUT)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
