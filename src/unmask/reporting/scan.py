"""The findings of a scan as a page to look through: thumbnails, the most suspicious first."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from unmask.errors import UnmaskError
from unmask.html.page import Markup, gallery, label_badge, missing, page, section, shot, table, thumbnail, tiles
from unmask.images import Picture
from unmask.verdict import Failure, Finding, Label, Verdict, display_probability

Reopen = Callable[[Verdict], Picture]

SHOWN = 2000
"""Pictures with a thumbnail; a page with more is too heavy for a browser."""
PROBLEMS_SHOWN = 1000
SIDE = 160
"""Longer side of a thumbnail in pixels."""


def scan_page(findings: Iterable[Finding], reopen: Reopen) -> str:
    """The whole page as one HTML document that loads nothing.

    Args:
        findings: all of a scan; they are read once, and only those shown are kept.
        reopen: opens the picture a verdict speaks of, for its thumbnail.
    """
    counts: Counter[str] = Counter()
    problems: list[tuple[str, Failure]] = []
    suspicious = heapq.nlargest(SHOWN, _verdicts(findings, counts, problems), key=_suspicion)
    judged = sum(counts[label] for label in Label)
    shown_of = f"The {len(suspicious):,} most suspicious of {judged:,}." if len(suspicious) < judged else None
    return page(
        "Scan",
        tiles((label.replace("_", " "), f"{counts[label]:,}", _share(counts[label], judged)) for label in Label),
        section(
            "Pictures, the most suspicious first",
            gallery(_shot(verdict, reopen) for verdict in suspicious),
            note=shown_of,
        ),
        _problems(problems, counts["problem"]) if problems else None,
        lead="A score is no proof: look, and look for other evidence, before you act on one.",
    )


def _verdicts(
    findings: Iterable[Finding], counts: Counter[str], problems: list[tuple[str, Failure]]
) -> Iterator[Verdict]:
    """Verdicts as they pass; everything that passes is counted, and problems are put aside."""
    for finding in findings:
        if isinstance(finding.result, Verdict):
            counts[finding.result.label] += 1
            yield finding.result.with_path(finding.path)
        else:
            counts["problem"] += 1
            if len(problems) < PROBLEMS_SHOWN:
                problems.append((finding.path, finding.result))


def _suspicion(verdict: Verdict) -> float:
    return -1.0 if verdict.probability_fake is None else verdict.probability_fake


def _share(count: int, total: int) -> str:
    return f"{count / total:.1%} of those judged" if total else "nothing judged"


def _shot(verdict: Verdict, reopen: Reopen) -> Markup:
    score = "no score" if verdict.probability_fake is None else f"{display_probability(verdict.probability_fake):.1%} fake"
    name = verdict.path or ""
    faces = f"{len(verdict.faces)} face{'' if len(verdict.faces) == 1 else 's'}"
    try:
        picture = reopen(verdict)
        small = thumbnail(picture.rgb(SIDE / max(picture.width, picture.height)), f"{verdict.label}: {name}", SIDE)
    except UnmaskError:
        small = missing("no longer there")
    return shot((small,), label_badge(verdict.label), f" {score}, {faces}", name=name)


def _problems(problems: list[tuple[str, Failure]], total: int) -> Markup:
    more = f"The first {len(problems):,} of {total:,}." if len(problems) < total else None
    rows = [(path, problem.code, problem.message) for path, problem in problems]
    return section(f"{total:,} could not be judged", table(("path", "problem", "what it says"), rows), note=more)
