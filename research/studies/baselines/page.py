"""The generated parts of docs/baselines.md.

Each generated block follows a comment with its name and ends at the next empty line, as in `tools.model_tables`. The
text around the blocks is kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from research.studies.baselines.rows import NETWORKS, Metrics, Row
from unmask.training.config import Recipe
from unmask.training.models.registry import ARCHITECTURES

TIERS = ("clean", "web", "hard")
MISSING = "not finished"


def fill(page: str, rows: Mapping[str, Row]) -> str:
    """The page with blocks generated from these rows.

    Raises:
        SystemExit: the page lacks the comment of a block.
    """
    for name, block in blocks(rows).items():
        page = replace_block(page, f"<!-- {name} -->", block)
    return page


def replace_block(page: str, mark: str, block: str) -> str:
    """The page with the lines between a mark and the next empty line replaced.

    Raises:
        SystemExit: the page has no such mark.
    """
    page, found = re.subn(rf"(?<=^{re.escape(mark)}\n)(?:.+\n)*", lambda _: block, page, flags=re.MULTILINE)
    if not found:
        raise SystemExit(f"the page has no line {mark}; add it where the table belongs, as in docs/baselines.md")
    return page


def blocks(rows: Mapping[str, Row]) -> dict[str, str]:
    """The generated blocks by name."""
    return {
        "conditions of the baselines": conditions(rows),
        "table of the baselines": table(rows),
        "networks of the baselines": networks(),
    }


def conditions(rows: Mapping[str, Row]) -> str:
    """The common conditions of all rows, and the machine and date of each."""
    if not rows:
        return f"Finished networks: none of {len(NETWORKS)}.\n"
    places: dict[str, list[str]] = defaultdict(list)
    for row in rows.values():
        places[f"{row.cpu}, PyTorch {row.torch}"].append(f"{row.name} ({row.date})")
    common = next(iter(rows.values())).conditions
    lines = [f"Finished networks: {len(rows)} of {len(NETWORKS)}. Conditions of each: {common}. Machines and dates:"]
    lines += [f"* {place}: {', '.join(names)}" for place, names in places.items()]
    return "\n".join(lines) + "\n"


def networks() -> str:
    """Table of the architectures and their origin."""
    lines = ["| network | input size | has `cam` | origin |\n| --- | --- | --- | --- |\n"]
    for name, network in ARCHITECTURES.items():
        side = Recipe.load(name).preprocessing.size
        sides = f"{side} px" if side == network.size else f"{side} px; {network.size} px in the original"
        lines.append(f"| {name} | {sides} | {'yes' if network.has_cam else 'no'} | {network.origin} |\n")
    return "".join(lines)


def table(rows: Mapping[str, Row]) -> str:
    """Table with one line for each network, finished or not."""
    sources = sorted({source for row in rows.values() for source in row.sources})
    heads = ["network", "parameters", "training pictures", "training minutes", "CPU ms"]
    heads += [f"{name} AUC / acc." for name in (*sources, *TIERS)]
    lines = [heads, ["---"] * len(heads)]
    for name, architecture in NETWORKS.items():
        cells = cells_of(rows[name], sources) if name in rows else [MISSING]
        line = [name, f"{ARCHITECTURES[architecture].parameters:,}", *cells]
        lines.append(line + [""] * (len(heads) - len(line)))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cells_of(row: Row, sources: list[str]) -> list[str]:
    """Measured cells of a row."""
    minutes = f"{row.minutes:.1f} of {row.conditions.minutes:g}"
    found = [row.sources.get(source, {}) for source in sources] + [row.tiers[tier] for tier in TIERS]
    return [f"{row.pictures:,}", minutes, f"{row.milliseconds:.1f}", *map(format_metrics, found)]


def format_metrics(metrics: Metrics) -> str:
    """Format AUC and accuracy."""
    return " / ".join(f"{metrics[name][0]:.3f}" if name in metrics else "–" for name in ("auc", "accuracy"))
