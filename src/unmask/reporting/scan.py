"""The findings of a scan as an HTML page: thumbnails sorted by score, and a table of failures."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from unmask.errors import UnmaskError
from unmask.headline import format_probability
from unmask.html.page import (
    Markup,
    gallery,
    gallery_cell,
    label_badge,
    page,
    placeholder,
    section,
    table,
    thumbnail,
    tiles,
)
from unmask.images import Picture
from unmask.verdict import DOUBTFUL_FACE, Failure, Finding, Label, Verdict

Reopen = Callable[[Verdict], Picture]
"""Opens the image of a verdict again."""

MAX_THUMBNAILS = 2000
"""Images with a thumbnail; browsers are slow on a page with more."""
MAX_FAILURES = 1000
SIDE = 160
"""Longer side of a thumbnail in pixels."""


def scan_page(findings: Iterable[Finding], reopen: Reopen) -> str:
    """Renders the page as one self-contained HTML document.

    Args:
        findings: all findings of a scan, which are read once. Only those on the page are kept in memory.
        reopen: opens the image of a verdict for its thumbnail.
    """
    counts: Counter[str] = Counter()
    failures: list[tuple[str, Failure]] = []
    suspicious = heapq.nlargest(MAX_THUMBNAILS, _verdicts(findings, counts, failures), key=_suspicion)
    judged = sum(counts[label] for label in Label)
    note = f"The {len(suspicious):,} most suspicious of {judged:,}." if len(suspicious) < judged else None
    return page(
        "Scan",
        tiles((label.replace("_", " "), f"{counts[label]:,}", _share(counts[label], judged)) for label in Label),
        section(
            "Pictures, the most suspicious first",
            gallery(_gallery_cell(verdict, reopen) for verdict in suspicious),
            note=note,
        ),
        _failures(failures, counts["failure"]) if failures else None,
        lead="A score is not proof. Look at the picture and at other evidence before you act.",
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


def _gallery_cell(verdict: Verdict, reopen: Reopen) -> Markup:
    score = "no score" if verdict.probability_fake is None else f"{format_probability(verdict.probability_fake)} fake"
    name = verdict.path or ""
    faces = f"{len(verdict.faces)} face{'' if len(verdict.faces) == 1 else 's'}"
    try:
        picture = reopen(verdict)
        small = thumbnail(picture.rgb(SIDE / max(picture.width, picture.height)), f"{verdict.label}: {name}", SIDE)
    except UnmaskError:
        small = placeholder("cannot be opened")
    return gallery_cell((small,), label_badge(verdict.label), f" {score}, {faces}{_remarks(verdict)}", name=name)


def _remarks(verdict: Verdict) -> str:
    """Doubtful faces and the smallest face that was searched, where they matter, and notes on the file."""
    scores = [face.detection_score for face in verdict.faces if face.reason == DOUBTFUL_FACE]
    lowest = min((score for score in scores if score is not None), default=None)
    remarks = [] if lowest is None else [f"perhaps not a face (detection score {lowest:.2f})"]
    if verdict.label is Label.NO_FACE and verdict.smallest_face:
        remarks.append(f"searched from {verdict.smallest_face} px")
    return "".join(f"; {remark}" for remark in (*remarks, *verdict.notes))


def _failures(failures: list[tuple[str, Failure]], total: int) -> Markup:
    note = f"The first {len(failures):,} of {total:,}." if len(failures) < total else None
    rows = [(path, failure.code, failure.message) for path, failure in failures]
    return section(f"{total:,} could not be judged", table(("path", "problem", "message"), rows), note=note)
