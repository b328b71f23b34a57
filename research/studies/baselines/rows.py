"""Rows of the table of baselines, kept as small JSON files: none is made twice, and the page needs nothing else.

Rows stand in one table only if they were made under the same conditions. Machines may differ, and the page says so.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from unmask.training.models.registry import ARCHITECTURES

NETWORKS = {**{name: name for name in ARCHITECTURES}, "mobilenetv2-imagenet": "mobilenetv2"}
"""Name of each row to the architecture it trains, in the order of the table."""
Figures = dict[str, list[float]]
"""`auc` and `accuracy`, each as a value and the limits of its 95 % interval; no `auc` where a class is missing."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What all rows of a table have in common.

    Attributes:
        minutes: of learning that each network is given.
        data: name of the data set, which may change; `sha256` is its digest, which may not.
        real, fake: pictures of each class to learn from, held-out ones included.
        threads: CPU threads that learn.
        workers: processes that read and augment pictures.
    """

    minutes: float
    data: str = field(compare=False)
    sha256: str
    real: int
    fake: int
    threads: int
    workers: int

    def __str__(self) -> str:
        """In words."""
        pool = f"{self.real:,} real and {self.fake:,} fake pictures to learn from"
        data = f"data `{self.data}` (sha256 {self.sha256[:12]}…; {pool})"
        return f"{self.minutes:g} minutes, {data}, CPU threads: {self.threads}, loader processes: {self.workers}"


@dataclass(frozen=True, slots=True)
class Row:
    """What a network came to.

    Attributes:
        name: in `NETWORKS`.
        conditions: it was trained under.
        minutes: it learnt, as measured, over all sittings.
        pictures: it was shown.
        milliseconds: of CPU that one picture takes, on one thread, the model alone.
        sources: figures of each source, clean tier.
        tiers: figures of all pictures in each tier.
        cpu: model name of the processor, and its cores; `torch` is PyTorch's version, `date` the day in ISO form.
    """

    name: str
    conditions: Conditions
    minutes: float
    pictures: int
    milliseconds: float
    sources: dict[str, Figures]
    tiers: dict[str, Figures]
    cpu: str
    torch: str
    date: str


def write_row(row: Row, folder: Path) -> None:
    """Keep a finished row."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{row.name}.json").write_text(json.dumps(asdict(row), indent=2) + "\n", encoding="utf-8")


def read_rows(folder: Path, expected: Conditions | None = None) -> dict[str, Row]:
    """The finished rows by name, in the order of the table.

    Args:
        folder: where they are kept.
        expected: what all must have been made under; None takes what the first was.

    Raises:
        SystemExit: one was made under other conditions; the message names it.
    """
    rows: dict[str, Row] = {}
    for name in NETWORKS:
        path = folder / f"{name}.json"
        if path.is_file():
            stored = json.loads(path.read_text("utf-8"))
            rows[name] = Row(**{**stored, "conditions": Conditions(**stored["conditions"])})
            expected = expected or rows[name].conditions
            demand(expected, rows[name].conditions, path)
    return rows


def demand(expected: Conditions, found: Conditions, path: Path) -> None:
    """Refuse what was made under other conditions.

    Raises:
        SystemExit: it was; the message names the file and both conditions.
    """
    if found != expected:
        raise SystemExit(
            f"{path} was made under other conditions:\n  there: {found}\n  here:  {expected}\n"
            "Ask for the same, choose other folders (--results, --work), or delete it to make it anew."
        )
