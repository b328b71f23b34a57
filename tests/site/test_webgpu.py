"""The graphics card through WebGPU: the scores of Python, the choice on the page, and the processor as a fallback.

Chromium computes WebGPU in software here (SwiftShader), which is slow; so a very small model is used.
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.site.conftest import ONLY_LOCAL, Host
from tests.site.pictures import labeled_pictures
from tests.site.test_page import judge
from tests.web.quick_model import write_quick_model
from unmask import Detector
from unmask.site import export_site

pytestmark = pytest.mark.integration
Open = Callable[..., Page]
SOFTWARE_WEBGPU = ("--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader")
SCORE = """async ([text, name, model]) => {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer;
  const { poolOf } = await import("./static/js/site.js");
  return (await poolOf(model)).detect(bytes, name, { stability: false });
}"""
TIMEOUT = 120_000


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file whose network is very small."""
    pytest.importorskip("onnx")
    return write_quick_model(tmp_path_factory.mktemp("model") / "quick.onnx")


@pytest.fixture(scope="module")
def site(runtime: dict[str, bytes], quick: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site with a model that runs on a graphics card, and with one that does not."""
    return export_site(tmp_path_factory.mktemp("site") / "public", [str(quick), "fast"]).folder


@pytest.fixture(scope="module")
def gpu_browser(playwright: Playwright) -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    running = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, ONLY_LOCAL, *SOFTWARE_WEBGPU])
    yield running
    running.close()


class TestWithWebGpu:
    @pytest.fixture
    def browser(self, gpu_browser: Browser) -> Browser:
        return gpu_browser

    def test_the_visitor_chooses_the_graphics_card(
        self, host: Host, open_site: Open, astronaut: Path, quick: Path
    ) -> None:
        page = open_site(host)
        expect(page.locator("#engine")).to_have_value("wasm")
        assert not [path for path in host.asked if "webgpu" in path]
        page.select_option("#engine", "webgpu")
        expect(page.locator("#engine-state")).to_contain_text("Both give the same score", timeout=TIMEOUT)
        assert page.evaluate("document.body.dataset.engineName") == "webgpu"
        data = astronaut.read_bytes()
        found = page.evaluate(SCORE, [base64.b64encode(data).decode(), "a.jpg", "quick"])
        expected = Detector.load(quick).predict(data, stability=False).to_dict()
        assert found["label"] == expected["label"]
        (face,), (other,) = found["faces"], expected["faces"]
        assert face["box"] == other["box"]
        assert face["probability_fake"] == pytest.approx(other["probability_fake"], abs=1e-4)
        page.reload()
        expect(page.locator("#engine")).to_have_value("webgpu")
        page.select_option("#model", "fast")
        expect(page.locator("#engine-state")).to_have_text("This model runs on the processor.")
        expect(page.locator("#engine")).to_be_disabled()

    @pytest.mark.slow
    def test_the_address_names_the_engine(self, host: Host, open_site: Open) -> None:
        page = open_site(host, query="?engine=webgpu")
        expect(page.locator("#engine-state")).to_contain_text("ms a face", timeout=TIMEOUT)
        page.goto(f"{host.url}{host.prefix}/?engine=wasm")
        expect(page.locator("body")).to_have_attribute("data-engine-name", "wasm", timeout=TIMEOUT)


def test_without_a_graphics_card_the_processor_judges(host: Host, open_site: Open, astronaut: Path) -> None:
    page = open_site(host, query="?engine=webgpu")
    expect(page.locator("#engine-state")).to_contain_text("Processor used: ", timeout=TIMEOUT)
    judge(page, astronaut)
    expect(page.locator(".card")).to_have_attribute("data-label", "unsure")
    page.goto(f"{host.url}{host.prefix}/")
    expect(page.locator("body")).to_have_attribute("data-engine-name", "wasm", timeout=TIMEOUT)
    expect(page.locator("#engine-row")).to_be_hidden()


@pytest.mark.slow
def test_default_gives_the_scores_of_python_on_webgpu(
    runtime: dict[str, bytes], gpu_browser: Browser, data: Path, tmp_path: Path
) -> None:
    host = Host(export_site(tmp_path / "public", ["default"]).folder)
    page = gpu_browser.new_context().new_page()
    page.set_default_timeout(0)
    page.goto(f"{host.url}{host.prefix}/?engine=webgpu")
    page.wait_for_selector("body[data-engine-name=webgpu]")
    detector, largest = Detector.load("default"), 0.0
    for name, content in labeled_pictures(data, 5).items():
        found = page.evaluate(SCORE, [base64.b64encode(content).decode(), name, "default"])
        expected = detector.predict(content, stability=False).to_dict()
        assert found["label"] == expected["label"]
        assert [face["box"] for face in found["faces"]] == [face["box"] for face in expected["faces"]]
        if expected["faces"]:
            largest = max(largest, abs(found["probability_fake"] - expected["probability_fake"]))
    host.stop()
    sys.stdout.write(f"default on WebGPU: 5 pictures; largest difference of probability {largest:.2g}\n")
    assert largest <= 0.01
