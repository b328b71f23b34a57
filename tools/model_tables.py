"""Write the tables of metrics in README.md and MODEL_CARD.md from the cards of the shipped model files.

    python -m tools.model_tables            # updates the tables
    python -m tools.model_tables --check    # exits with 1 if a table differs from its card

A table follows a line `<!-- figures of NAME -->` and ends at the next empty line.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path

from unmask.card_metrics import SubsetMetrics
from unmask.card_reader import read_card

ROOT = Path(__file__).parents[1]
PAGES = "README.md", "MODEL_CARD.md"
TABLE = re.compile(r"(?<=<!-- figures of )(?P<name>\w+)( -->\n)(?P<rows>(?:.+\n)*)")
SOURCES = "faces140k", "openforensics", "dfdc", "portraits"
TIERS = "clean", "web", "hard"
HEAD = """\
| source (pictures) | AUC clean | AUC `web` | AUC `hard` | false alarms | misses | answered | answers right |
|---|---|---|---|---|---|---|---|
"""
HEAD_WITHOUT_REAL = """\
| source (pictures) | AUC clean | AUC `web` | AUC `hard` | false alarms clean, `web`, `hard` | fakes labeled `fake` |
|---|---|---|---|---|---|
"""
"""Head of the table of a model that never answers `real`."""


def table(name: str) -> str:
    """Metrics of a shipped model as a Markdown table."""
    card, _ = read_card(name)
    head, rates = (HEAD, answer_rates) if card.decision.thresholds.allows_real else (HEAD_WITHOUT_REAL, fake_shares)
    tiers = [card.metrics["tiers"][tier] for tier in TIERS]
    lines = [row(source, [tier["sources"][source] for tier in tiers], rates) for source in SOURCES]
    return head + "".join(lines) + row("all", [tier["all"] for tier in tiers], rates)


def row(source: str, tiers: list[SubsetMetrics], rates: Callable[[list[SubsetMetrics]], list[str]]) -> str:
    """Table row of one source in the tiers `clean`, `web` and `hard`."""
    clean = tiers[0]
    aucs = ["{:.3f} ({:.3f}–{:.3f})".format(*tier["auc"]) for tier in tiers]
    who = f"{source} ({clean['n_real']} real, {clean['n_fake']} fake)"
    return "| " + " | ".join([who, *aucs, *rates(tiers)]) + " |\n"


def answer_rates(tiers: list[SubsetMetrics]) -> list[str]:
    """Cells of false alarms, misses, coverage and accuracy of the answers."""
    clean = tiers[0]
    return [
        percent(estimate[0])
        for estimate in (clean["false_alarms"], clean["misses"], clean["coverage"], clean["sure_accuracy"])
    ]


def fake_shares(tiers: list[SubsetMetrics]) -> list[str]:
    """Cells of a model that never answers `real`: shares of real images and of fakes labeled `fake`, in each tier."""
    found = [
        (tier["coverage"][0] * (tier["n_real"] + tier["n_fake"]) - tier["false_alarms"][0] * tier["n_real"])
        for tier in tiers
    ]
    return [
        ", ".join(percent(tier["false_alarms"][0]) for tier in tiers),
        ", ".join(percent(count / tier["n_fake"]) for count, tier in zip(found, tiers, strict=True)),
    ]


def percent(share: float) -> str:
    """Format a share in percent."""
    return f"{100 * share:.1f} %"


def main() -> None:
    """Read the command line, then update or check the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a page would change")
    check_only = parser.parse_args().check
    for page in (ROOT / name for name in PAGES):
        text = page.read_text("utf-8")
        due = TABLE.sub(lambda found: found["name"] + found[2] + table(found["name"]), text)
        if check_only and due != text:
            raise SystemExit(f"the tables in {page.name} differ from the cards; run: python -m tools.model_tables")
        if due != text:
            page.write_text(due, "utf-8")


if __name__ == "__main__":
    main()
