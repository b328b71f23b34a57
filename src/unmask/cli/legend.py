"""The explanation of the labels that `unmask detect` prints on a terminal at its first use."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from unmask._paths import user_config_dir
from unmask.cli import console

if TYPE_CHECKING:
    from rich.text import Text

    from unmask.card import ModelCard

WIDTH = 100
"""Columns of the text on a wider terminal."""


def marker() -> Path:
    """The file whose existence means that the legend was printed."""
    return user_config_dir() / "legend-shown"


def print_legend_once(card: ModelCard) -> None:
    """Print the legend on stderr if it is a terminal that has not seen it; files and pipes never get it."""
    path = marker()
    if not sys.stderr.isatty() or path.exists():
        return
    out = console.stderr()
    for line in legend(card, min(out.width, WIDTH)):
        out.print(line)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def legend(card: ModelCard, width: int) -> Iterator[Text]:
    """The lines of the legend, at most `width` columns wide.

    Args:
        card: card of the loaded model, for its thresholds and error rates.
        width: columns of the terminal.
    """
    from textwrap import wrap

    from rich.text import Text

    from unmask.headline_text import HeadlineCode, caution
    from unmask.verdict import Label

    rule, missed = card.decision, card.metrics.get("unseen_miss_rate", {})
    thresholds = rule.thresholds
    meanings = {
        Label.FAKE: f"Above {thresholds.fake_above:.1%} fake. {caution(HeadlineCode.FAKE, rule, missed)}"
        if thresholds.allows_fake
        else "This model never gives this label.",
        Label.REAL: f"Below {thresholds.real_below:.1%} fake: no trace of a known fake. "
        f"{caution(HeadlineCode.REAL, rule, missed)}"
        if thresholds.allows_real
        else "This model never gives this label.",
        Label.UNSURE: "Neither, or mild re-encoding changes the label, or perhaps not a face. "
        f"{caution(HeadlineCode.UNSTABLE, rule, missed)}",
    }
    yield Text()
    for label, meaning in meanings.items():
        first, *others = wrap(meaning, width - 13)
        yield Text.assemble("  ", console.STYLES[label][::-1], f"  {first}")
        yield from (Text(f"{'':13}{line}") for line in others)
    note = (
        "Percentages are the probability of fake if half of all pictures are fake; --prevalence restates them for your "
        "share. -v prints each face. `unmask report PICTURE --out report.html` shows the evidence. "
        "This text is printed once."
    )
    yield from (Text(f"  {line}") for line in wrap(note, width - 2))
