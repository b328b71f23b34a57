"""The part of docs/baselines.md that is written from the finished rows; the text around it is left alone.

As in tools/model_tables.py, what is written stands below a comment that names it and ends at the next empty line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from research.studies.baselines.rows import NETWORKS, Figures, Row
from unmask.training.config import Recipe
from unmask.training.models.registry import ARCHITECTURES

TIERS = ("clean", "web", "hard")
MISSING = "not run yet"


def fill(page: str, rows: Mapping[str, Row]) -> str:
    """The page with the conditions and the table of these rows.

    Raises:
        SystemExit: the page has no place for them.
    """
    for name, block in blocks(rows).items():
        page = put(page, f"<!-- {name} -->", block)
    return page


def put(page: str, mark: str, block: str) -> str:
    """The page with a block in place of the lines between a mark and the next empty line.

    Raises:
        SystemExit: there is no such mark.
    """
    page, found = re.subn(rf"(?<=^{re.escape(mark)}\n)(?:.+\n)*", lambda _: block, page, flags=re.MULTILINE)
    if not found:
        raise SystemExit(f"the page has no line {mark} below which the rows could be written; see docs/baselines.md")
    return page


def blocks(rows: Mapping[str, Row]) -> dict[str, str]:
    """What is written, by the name of its place."""
    return {
        "conditions of the baselines": conditions(rows),
        "table of the baselines": table(rows),
        "networks of the baselines": networks(),
    }


def conditions(rows: Mapping[str, Row]) -> str:
    """What all rows were made under, and where and when each was."""
    if not rows:
        return f"Networks that have run: none of {len(NETWORKS)} yet.\n"
    places: dict[str, list[str]] = defaultdict(list)
    for row in rows.values():
        places[f"{row.cpu}, PyTorch {row.torch}"].append(f"{row.name} ({row.date})")
    common = next(iter(rows.values())).conditions
    lines = [f"Networks that have run: {len(rows)} of {len(NETWORKS)}. Each was given: {common}. Where and when:"]
    lines += [f"* {place}: {', '.join(names)}" for place, names in places.items()]
    return "\n".join(lines) + "\n"


def networks() -> str:
    """What each network is and where it comes from."""
    lines = ["| network | side of the input | has `cam` | origin |\n| --- | --- | --- | --- |\n"]
    for name, network in ARCHITECTURES.items():
        side = Recipe.load(name).preprocessing.size
        sides = f"{side} px" if side == network.size else f"{side} px; {network.size} at its origin"
        lines.append(f"| {name} | {sides} | {'yes' if network.has_cam else 'no'} | {network.origin} |\n")
    return "".join(lines)


def table(rows: Mapping[str, Row]) -> str:
    """One line for each network, whether it has run or not."""
    sources = sorted({source for row in rows.values() for source in row.sources})
    heads = ["network", "parameters", "pictures seen", "minutes learnt", "CPU ms"]
    heads += [f"{name} AUC / acc." for name in (*sources, *TIERS)]
    lines = [heads, ["---"] * len(heads)]
    for name, architecture in NETWORKS.items():
        cells = cells_of(rows[name], sources) if name in rows else [MISSING]
        line = [name, f"{ARCHITECTURES[architecture].parameters:,}", *cells]
        lines.append(line + [""] * (len(heads) - len(line)))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cells_of(row: Row, sources: list[str]) -> list[str]:
    """What is measured of a network."""
    minutes = f"{row.minutes:.1f} of {row.conditions.minutes:g}"
    found = [row.sources.get(source, {}) for source in sources] + [row.tiers[tier] for tier in TIERS]
    return [f"{row.pictures:,}", minutes, f"{row.milliseconds:.1f}", *map(figures, found)]


def figures(scope: Figures) -> str:
    """AUC and accuracy of some pictures."""
    return " / ".join(f"{scope[name][0]:.3f}" if name in scope else "–" for name in ("auc", "accuracy"))
