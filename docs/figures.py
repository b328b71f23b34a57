"""Write the tables of figures in README.md and MODEL_CARD.md from the cards inside the shipped model files.

    python docs/figures.py            # writes them
    python docs/figures.py --check    # exits 1 where a table says something else than the card

A table stands below a line `<!-- figures of NAME -->` and ends at the next empty line.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from unmask.detector import read_card

ROOT = Path(__file__).parents[1]
PAGES = "README.md", "MODEL_CARD.md"
TABLE = re.compile(r"(?<=<!-- figures of )(?P<name>\w+)( -->\n)(?P<rows>(?:.+\n)*)")
SOURCES = "faces140k", "openforensics", "dfdc", "portraits"
HEAD = """\
| source (pictures) | AUC clean | AUC `web` | AUC `hard` | false alarms | misses | answered | answers right |
|---|---|---|---|---|---|---|---|
"""


def table(name: str) -> str:
    """The figures of a shipped model as a Markdown table."""
    tiers = read_card(name)[0].metrics["tiers"]
    lines = [row(source, [tiers[tier]["sources"][source] for tier in ("clean", "web", "hard")]) for source in SOURCES]
    return HEAD + "".join(lines) + row("all", [tiers[tier]["all"] for tier in ("clean", "web", "hard")])


def row(source: str, tiers: list[dict[str, Any]]) -> str:
    """One source in the clean, the web and the hard tier."""
    clean = tiers[0]
    aucs = ["{:.3f} ({:.3f}–{:.3f})".format(*tier["auc"]) for tier in tiers]
    rates = [f"{100 * clean[key][0]:.1f} %" for key in ("false_alarms", "misses", "coverage", "sure_accuracy")]
    who = f"{source} ({clean['n_real']} real, {clean['n_fake']} fake)"
    return "| " + " | ".join([who, *aucs, *rates]) + " |\n"


def main() -> None:
    """Write, or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page would change")
    checking = parser.parse_args().check
    for page in (ROOT / name for name in PAGES):
        text = page.read_text("utf-8")
        due = TABLE.sub(lambda found: found["name"] + found[2] + table(found["name"]), text)
        if checking and due != text:
            raise SystemExit(f"{page.name} does not say what the cards say; run: python docs/figures.py")
        if due != text:
            page.write_text(due, "utf-8")


if __name__ == "__main__":
    main()
