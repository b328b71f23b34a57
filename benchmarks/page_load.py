"""Largest contentful paint and layout shift of the server's pages in Chromium, from loopback.

    python -m benchmarks.page_load [--rounds 9]

Starts a server with the model `fast` and loads each page in a new browser profile, so that nothing is cached, in a
window of 1280 × 900 and of 390 × 844 pixels. Prints the median and the largest of the rounds. Layout shift is the sum
of the shifts without user input in the first three seconds, as `PerformanceObserver` reports them.
"""

from __future__ import annotations

import argparse
import shutil
import statistics

from playwright.sync_api import Browser, sync_playwright

from benchmarks.serve import serving

PAGES = ("", "#/help", "#/history", "docs", "review")
SIZES = ((1280, 900), (390, 844))
SETTLE_MS = 3000
OBSERVE = """
window.paint = 0; window.shift = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => (window.paint = entry.startTime)))
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.shift += entry.hadRecentInput ? 0 : entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""


def load(browser: Browser, url: str, size: tuple[int, int]) -> tuple[float, float]:
    """Loads a page once; returns the largest contentful paint in milliseconds and the layout shift."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.add_init_script(OBSERVE)
    page.goto(url)
    page.wait_for_timeout(SETTLE_MS)
    paint, shift = page.evaluate("[window.paint, window.shift]")
    context.close()
    return float(paint), float(shift)


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with serving(UNMASK_MODEL="fast") as url, sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        for size in SIZES:
            for page in PAGES:
                found = [load(browser, f"{url}/{page}", size) for _ in range(rounds)]
                paints, shifts = zip(*found, strict=True)
                print(
                    f"{size[0]:>5} px  /{page:<10} LCP {statistics.median(paints):4.0f} ms, largest "
                    f"{max(paints):.0f}; layout shift {max(shifts):.4f}"
                )
        browser.close()


if __name__ == "__main__":
    main()
