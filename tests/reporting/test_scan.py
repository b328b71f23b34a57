"""The gallery of a scan: facts, links, restated probabilities, and what its script does in a browser."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Playwright, expect

from tests.browser.conftest import CHROMIUM
from tests.test_headline import face, verdict
from unmask.datasets.manifests import read_manifest
from unmask.errors import MissingFile
from unmask.images import Picture, open_image
from unmask.reporting.scan import scan_page
from unmask.verdict import Failure, Finding, Verdict

SCORES = (0.99, 0.907, 0.02)


def reopen(verdict: Verdict) -> Picture:
    return open_image(verdict.path or "", name=verdict.path)


@pytest.fixture
def findings(tmp_path: Path) -> list[Finding]:
    """Seventy pictures in two folders, with scores of each label, and one failure."""
    found = []
    for number in range(70):
        path = tmp_path / "in" / str(number % 2) / f"a b#{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (64, 48), (number * 3, 90, 90)).save(path)
        found.append(Finding(str(path), verdict(face(SCORES[number % 3] - number / 1e5)).with_path(str(path))))
    return [*found, Finding("gone.jpg", Failure.from_error(MissingFile("gone.jpg: no such file")))]


def test_the_page_states_model_thresholds_and_words(findings: list[Finding], tmp_path: Path) -> None:
    page = scan_page(findings, reopen, folder=tmp_path)
    for words in (
        "test 1",
        "fake above 94.5%",
        "leans fake: 90.",
        "no trace of a known fake",
        "Page written",
        "gone.jpg",
    ):
        assert words in page
    assert 'href="in/0/a%20b%230.jpg"' in page
    assert 'href="' not in scan_page(findings, reopen)


def test_restated_probabilities_stand_beside_the_usual_ones(findings: list[Finding]) -> None:
    page = scan_page(findings, reopen, prevalence=0.01)
    assert "50.0% fake at 1% fakes" in page
    assert "restated for 1% fakes" in page
    assert "at 1% fakes" not in scan_page(findings, reopen)


def test_only_the_script_of_the_page_may_run(findings: list[Finding]) -> None:
    page = scan_page(findings, reopen)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src &#x27;sha256-{digest}&#x27;" in page


def test_a_hostile_name_stays_text(tmp_path: Path) -> None:
    name = "<script>alert(1)</script>.jpg"
    found = Finding(name, verdict(face(0.99)).with_path(name))

    def missing(verdict: Verdict) -> Picture:
        raise MissingFile("gone")

    page = scan_page([found], missing, folder=tmp_path)
    assert "<script>alert" not in page
    assert "cannot be opened" in page


@pytest.mark.integration
def test_a_reviewer_filters_searches_and_saves_a_manifest(
    findings: list[Finding], tmp_path: Path, playwright: Playwright
) -> None:
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    (tmp_path / "scan.html").write_text(scan_page(findings, reopen, folder=tmp_path), "utf-8")
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    page = browser.new_page()
    page.goto((tmp_path / "scan.html").as_uri())
    shots = page.locator(".shot")
    expect(shots).to_have_count(60)
    page.get_by_role("button", name="Next").click()
    expect(shots).to_have_count(10)
    page.get_by_label("Show").select_option("unsure")
    expect(page.locator("#count")).to_have_text("1 to 23 of 23 pictures")
    shots.first.get_by_role("button", name="It is fake").click()
    page.get_by_label("Show").select_option("real")
    page.get_by_role("searchbox").fill("#5.")
    expect(shots).to_have_count(1)
    shots.first.get_by_role("button", name="Disagree").click()
    page.reload()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save 2 reviewed as CSV").click()
    download.value.save_as(tmp_path / "review.csv")
    browser.close()
    assert [(item.label, item.path.exists()) for item in read_manifest(tmp_path / "review.csv")] == [("fake", True)] * 2
