"""Changed verdicts as an HTML page that loads nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from unmask.errors import UnmaskError
from unmask.html.page import Markup, gallery, gallery_cell, page, placeholder, section, table, thumbnail, tiles
from unmask.rejudging.change import Change, label_of
from unmask.scanning.items import reopen
from unmask.verdict import display_probability

MAX_PICTURES = 300
"""Changed pictures with a thumbnail."""
MAX_LISTED = 2000
SIDE = 160
"""Longer side of a thumbnail in pixels."""


def changes_page(changes: Sequence[Change], missing: Sequence[str] = ()) -> str:
    """Render the page.

    Args:
        changes: sorted changes.
        missing: paths that could not be judged again.
    """
    relabeled = [change for change in changes if change.relabeled]
    counts = Counter((label_of(change.before), label_of(change.after)) for change in relabeled)
    rows = [(f"{old} → {new}", f"{count:,}") for (old, new), count in counts.most_common()]
    causes = Counter(str(change.cause) for change in relabeled)
    return page(
        "Re-judged pictures",
        tiles(
            (
                ("judged again", f"{len(changes):,}", "pictures"),
                ("other label", f"{len(relabeled):,}", _share(len(relabeled), len(changes))),
                ("not in place", f"{len(missing):,}", "left out"),
            )
        ),
        *(_changed(relabeled, rows, causes) if relabeled else ()),
        section("Not in place", table(("path",), [(path,) for path in missing[:MAX_LISTED]])) if missing else None,
        lead="Pictures of an earlier scan, judged again by another model. The largest changes are first.",
    )


def _changed(relabeled: Sequence[Change], rows: Sequence[tuple[str, str]], causes: Counter[str]) -> Iterator[Markup]:
    """The sections on changed labels."""
    reasons = [(name, f"{count:,}") for name, count in causes.most_common()]
    yield section("Changed labels", table(("from → to", "pictures"), rows, numbers=1))
    yield section("Reasons", table(("reason", "pictures"), reasons, numbers=1))
    yield section("Pictures with another label", gallery(_cell(each) for each in relabeled[:MAX_PICTURES]))
    if len(relabeled) > MAX_PICTURES:
        head = ("path", "from", "to", "before", "after", "reason")
        yield section("More with another label", table(head, _listed(relabeled)))


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%} of them" if whole else "none"


def _listed(changes: Sequence[Change]) -> list[tuple[str, ...]]:
    rows = (change.to_dict() for change in changes[MAX_PICTURES : MAX_PICTURES + MAX_LISTED])
    return [
        (
            row["path"],
            row["from"],
            row["to"],
            _percent(row["probability_before"]),
            _percent(row["probability_after"]),
            row["reason"],
        )
        for row in rows
    ]


def _percent(probability: float | None) -> str:
    return "–" if probability is None else f"{display_probability(probability):.1%}"


def _cell(change: Change) -> Markup:
    row = change.to_dict()
    try:
        picture = reopen(change.before.path)
        shown = thumbnail(picture.rgb(SIDE / max(picture.width, picture.height)), "", SIDE)
    except UnmaskError as error:
        shown = placeholder(error.message)
    words = f"{row['from']} {_percent(row['probability_before'])} → {row['to']} {_percent(row['probability_after'])}"
    return gallery_cell([shown], words, name=change.before.path)
