"""Rows of the table of baselines, stored as JSON files.

All rows of a table have the same conditions. The machines may differ; the page lists them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from unmask.training.models.registry import ARCHITECTURES

NETWORKS = {**{name: name for name in ARCHITECTURES}, "mobilenetv2-imagenet": "mobilenetv2"}
"""Architecture of each row by name, in the order of the table."""
Metrics = dict[str, list[float]]
"""`auc` and `accuracy`, each as a value and the limits of its 95 % interval; no `auc` if a class is missing."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions shared by all rows of a table.

    Attributes:
        minutes: training time of each network.
        data: name of the dataset; it is not compared.
        sha256: digest of the dataset.
        real, fake: number of training images of each class, held-out ones included.
        threads: CPU threads for training.
        workers: processes that load and augment images.
    """

    minutes: float
    data: str = field(compare=False)
    sha256: str
    real: int
    fake: int
    threads: int
    workers: int

    def __str__(self) -> str:
        """The conditions as text."""
        pool = f"{self.real:,} real and {self.fake:,} fake training pictures"
        data = f"data `{self.data}` (sha256 {self.sha256[:12]}…; {pool})"
        return f"{self.minutes:g} minutes, {data}, CPU threads: {self.threads}, loader processes: {self.workers}"


@dataclass(frozen=True, slots=True)
class Row:
    """Results of one network.

    Attributes:
        name: a key of `NETWORKS`.
        conditions: conditions of the training.
        minutes: measured training time, interruptions excluded.
        pictures: number of training images seen.
        milliseconds: CPU time of the model per image, on one thread.
        sources: metrics of each source in the clean tier.
        tiers: metrics of all images in each tier.
        cpu: model name of the processor and its number of cores.
        torch: version of PyTorch.
        date: day of the measurement in ISO format.
    """

    name: str
    conditions: Conditions
    minutes: float
    pictures: int
    milliseconds: float
    sources: dict[str, Metrics]
    tiers: dict[str, Metrics]
    cpu: str
    torch: str
    date: str


def write_row(row: Row, folder: Path) -> None:
    """Save a finished row."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{row.name}.json").write_text(json.dumps(asdict(row), indent=2) + "\n", encoding="utf-8")


def read_rows(folder: Path, expected: Conditions | None = None) -> dict[str, Row]:
    """The finished rows by name, in the order of the table.

    Args:
        folder: folder of the JSON files.
        expected: conditions that all rows must have; None takes those of the first row.

    Raises:
        SystemExit: a row has other conditions; the message names its file.
    """
    rows: dict[str, Row] = {}
    for name in NETWORKS:
        path = folder / f"{name}.json"
        if path.is_file():
            stored = json.loads(path.read_text("utf-8"))
            rows[name] = Row(**{**stored, "conditions": Conditions(**stored["conditions"])})
            expected = expected or rows[name].conditions
            require_conditions(expected, rows[name].conditions, path)
    return rows


def require_conditions(expected: Conditions, found: Conditions, path: Path) -> None:
    """Check the conditions of a stored file.

    Raises:
        SystemExit: they differ; the message names the file and both conditions.
    """
    if found != expected:
        raise SystemExit(
            f"{path} was made under other conditions:\n  file:    {found}\n  command: {expected}\n"
            "Use the same conditions, choose other folders (--results, --work), or delete the file to compute it again."
        )
