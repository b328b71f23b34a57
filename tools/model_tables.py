"""Write the tables of figures in README.md and MODEL_CARD.md from the cards inside the shipped model files.

    python -m tools.model_tables            # writes them
    python -m tools.model_tables --check    # exits 1 where a table says something else than the card

A table stands below a line `<!-- figures of NAME -->` and ends at the next empty line.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from unmask.detector import read_card

Figures = dict[str, Any]
"""What a card states of one source in one tier."""
ROOT = Path(__file__).parents[1]
PAGES = "README.md", "MODEL_CARD.md"
TABLE = re.compile(r"(?<=<!-- figures of )(?P<name>\w+)( -->\n)(?P<rows>(?:.+\n)*)")
SOURCES = "faces140k", "openforensics", "dfdc", "portraits"
TIERS = "clean", "web", "hard"
HEAD = """\
| source (pictures) | AUC clean | AUC `web` | AUC `hard` | false alarms | misses | answered | answers right |
|---|---|---|---|---|---|---|---|
"""
HEAD_NEVER = """\
| source (pictures) | AUC clean | AUC `web` | AUC `hard` | false alarms clean, `web`, `hard` | fakes called `fake` |
|---|---|---|---|---|---|
"""
"""Of a model that never says `real`: what it calls neither is `unsure`."""


def table(name: str) -> str:
    """The figures of a shipped model as a Markdown table."""
    card, _ = read_card(name)
    head, rates = (HEAD, answers) if card.decision.thresholds.allows_real else (HEAD_NEVER, accusations)
    tiers = [card.metrics["tiers"][tier] for tier in TIERS]
    lines = [row(source, [tier["sources"][source] for tier in tiers], rates) for source in SOURCES]
    return head + "".join(lines) + row("all", [tier["all"] for tier in tiers], rates)


def row(source: str, tiers: list[Figures], rates: Callable[[list[Figures]], list[str]]) -> str:
    """One source in the clean, the web and the hard tier."""
    clean = tiers[0]
    aucs = ["{:.3f} ({:.3f}–{:.3f})".format(*tier["auc"]) for tier in tiers]
    who = f"{source} ({clean['n_real']} real, {clean['n_fake']} fake)"
    return "| " + " | ".join([who, *aucs, *rates(tiers)]) + " |\n"


def answers(tiers: list[Figures]) -> list[str]:
    """How often it errs, answers, and is right when it does."""
    return [percent(tiers[0][key][0]) for key in ("false_alarms", "misses", "coverage", "sure_accuracy")]


def accusations(tiers: list[Figures]) -> list[str]:
    """Of a model whose only answer is `fake`: the shares of real pictures and of fakes that get it, in each tier."""
    found = [
        (tier["coverage"][0] * (tier["n_real"] + tier["n_fake"]) - tier["false_alarms"][0] * tier["n_real"])
        for tier in tiers
    ]
    return [
        ", ".join(percent(tier["false_alarms"][0]) for tier in tiers),
        ", ".join(percent(count / tier["n_fake"]) for count, tier in zip(found, tiers, strict=True)),
    ]


def percent(share: float) -> str:
    """A share as the tables show it."""
    return f"{100 * share:.1f} %"


def main() -> None:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page would change")
    checking = parser.parse_args().check
    for page in (ROOT / name for name in PAGES):
        text = page.read_text("utf-8")
        due = TABLE.sub(lambda found: found["name"] + found[2] + table(found["name"]), text)
        if checking and due != text:
            raise SystemExit(f"{page.name} does not say what the cards say; run: python -m tools.model_tables")
        if due != text:
            page.write_text(due, "utf-8")


if __name__ == "__main__":
    main()
