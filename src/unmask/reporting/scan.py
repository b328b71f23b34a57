"""The findings of a scan as an HTML page: a gallery to filter, sort and review, and a table of failures."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from unmask.html.page import Markup, definition_list, element, gallery, page, section, table, tiles
from unmask.images import Picture
from unmask.reporting.scan_cell import scan_cell
from unmask.verdict import Failure, Finding, Label, Verdict

Reopen = Callable[[Verdict], Picture]
"""Opens the image of a verdict again."""

MAX_THUMBNAILS = 2000
"""Images with a thumbnail; the file of a page with more is too large to send."""
MAX_FAILURES = 1000
_FILTERS = {
    "": "all labels",
    Label.FAKE: "fake",
    Label.UNSURE: "unsure",
    Label.REAL: "real",
    Label.NO_FACE: "no face",
    "open": "not reviewed",
}
_ORDERS = {
    "suspicion": "most suspicious first",
    "real": "least suspicious first",
    "doubt": "nearest to a threshold first",
    "name": "by name",
}


def scan_page(
    findings: Iterable[Finding], reopen: Reopen, *, folder: Path | None = None, prevalence: float | None = None
) -> str:
    """Renders the page as one self-contained HTML document.

    Args:
        findings: all findings of a scan, which are read once. Only those on the page are kept in memory.
        reopen: opens the image of a verdict for its thumbnail.
        folder: the folder that the page is written to, for links to the original files; None for no links.
        prevalence: the user's share of fakes, for restated probabilities; None for none.
    """
    counts: Counter[str] = Counter()
    failures: list[tuple[str, Failure]] = []
    suspicious = heapq.nlargest(MAX_THUMBNAILS, _verdicts(findings, counts, failures), key=_suspicion)
    judged = sum(counts[label] for label in Label)
    note = f"The {len(suspicious):,} most suspicious of {judged:,}." if len(suspicious) < judged else None
    cells = (scan_cell(verdict, reopen, folder, prevalence) for verdict in suspicious)
    return page(
        "Scan",
        tiles((label.replace("_", " "), f"{counts[label]:,}", _share(counts[label], judged)) for label in Label),
        section("Pictures", _tools(), gallery(cells, data_scan=_scan_id(suspicious)), note=note),
        _failures(failures, counts["failure"]) if failures else None,
        section("About this scan", definition_list(dict(_facts(suspicious, judged, prevalence)))),
        lead="A score is not proof. Look at the picture and at other evidence before you act.",
        script=files("unmask.reporting").joinpath("scan_gallery.js").read_text("utf-8"),
    )


def _verdicts(
    findings: Iterable[Finding], counts: Counter[str], failures: list[tuple[str, Failure]]
) -> Iterator[Verdict]:
    """Yields the verdicts, counts all findings in `counts`, and collects the first failures in `failures`."""
    for finding in findings:
        if isinstance(finding.result, Verdict):
            counts[finding.result.label] += 1
            yield finding.result.with_path(finding.path)
        else:
            counts["failure"] += 1
            if len(failures) < MAX_FAILURES:
                failures.append((finding.path, finding.result))


def _suspicion(verdict: Verdict) -> float:
    return -1.0 if verdict.probability_fake is None else verdict.probability_fake


def _share(count: int, total: int) -> str:
    return f"{count / total:.1%} of the judged pictures" if total else "no judged pictures"


def _scan_id(verdicts: list[Verdict]) -> str:
    """Name under which the browser keeps the review: that of the first picture, and the number of pictures."""
    return f"{verdicts[0].sha256[:16]} {len(verdicts)}" if verdicts else ""


def _tools() -> Markup:
    """The controls of the gallery, which the script shows."""
    return element(
        "div",
        element("label", "Search ", element("input", type="search", id="search", placeholder="part of a path")),
        _select("label", "Show ", _FILTERS),
        _select("folder", "Folder ", {"": "all folders"}),
        _select("order", "Sort ", _ORDERS),
        element("button", "Save reviewed as CSV", type="button", id="export"),
        element(
            "span",
            element("button", "‹ Back", type="button", id="back"),
            element("span", id="count", role="status"),
            element("button", "Next ›", type="button", id="next"),
            class_="pages",
        ),
        id="tools",
        class_="tools",
        hidden=True,
    )


def _select(name: str, title: str, options: dict[str, str]) -> Markup:
    choices = (element("option", words, value=str(value)) for value, words in options.items())
    return element("label", title, element("select", choices, id=name))


def _facts(verdicts: list[Verdict], judged: int, prevalence: float | None) -> Iterator[tuple[str, str]]:
    yield "Pictures", f"{judged:,} judged"
    if verdicts:
        model = verdicts[0].model
        yield "Model", f"{model.name} {model.version}, sha256 {model.sha256}"
        single = next((verdict for verdict in verdicts if len(verdict.faces) <= 1), verdicts[0])
        yield "Thresholds", f"{single.thresholds}; scores are corrected for the number of faces"
    if prevalence is not None:
        yield "Base rate", f"probabilities are restated for {100 * prevalence:.3g}% fakes; labels do not change"
    yield "Page written", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield (
        "Review",
        "“Save reviewed as CSV” writes file_name and label, for unmask audit and unmask train. Until then the "
        "browser keeps the review.",
    )


def _failures(failures: list[tuple[str, Failure]], total: int) -> Markup:
    note = f"The first {len(failures):,} of {total:,}." if len(failures) < total else None
    rows = [(path, failure.code, failure.message) for path, failure in failures]
    return section(f"{total:,} could not be judged", table(("path", "problem", "message"), rows), note=note)
