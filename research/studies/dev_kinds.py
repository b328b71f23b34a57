"""Measures models on the `dev` sources: kinds of fakes and cameras that no model is trained on.

    python -m research.studies.dev_kinds MORE/manifest-dev.csv --model default --model RUN/model.onnx

For each model: AUC of each kind of fake against all real pictures, with a 95 % interval, and the shares of
pictures with each label. Choices are made on these figures, so they say less about further kinds than about these.
`--card` writes the share of each kind that is labeled `real` into the card of the model file (`unseen_miss_rate`).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from research.common.command_line import run_command
from research.release.release_model import add_metrics
from unmask.datasets import Dataset
from unmask.datasets.auc import Interval, auc_interval, placements
from unmask.detector import Detector
from unmask.errors import ImageError
from unmask.progress import progress_bar, track
from unmask.verdict import Label


@dataclass(frozen=True, slots=True)
class Scored:
    """One judged picture: its source, its class, its probability of fake and its label."""

    source: str
    fake: bool
    probability: float
    label: Label


def score(detector: Detector, dataset: Dataset) -> list[Scored]:
    """The readable pictures of a dataset, judged; a picture without a face is judged as a whole."""
    rows = []
    with progress_bar() as progress:
        for item in track(dataset.items, f"judging with {detector.model.name}", progress):
            try:
                verdict = detector.predict(str(item.path), whole_picture=True)
            except ImageError:
                continue
            assert verdict.probability_fake is not None
            rows.append(Scored(item.source, item.label == "fake", verdict.probability_fake, verdict.label))
    return rows


def lines(name: str, rows: Sequence[Scored]) -> list[str]:
    """The rows of one model in the table."""
    real = np.array([row.probability for row in rows if not row.fake])
    table = []
    for source in sorted({row.source for row in rows}, key=lambda source: (source not in _fakes(rows), source)):
        own = [row for row in rows if row.source == source]
        for fake in sorted({row.fake for row in own}):
            group = [row for row in own if row.fake == fake]
            auc = ""
            if fake:
                found = _auc(real, np.array([row.probability for row in group]))
                auc = f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"
            shares = " | ".join(
                f"{np.mean([row.label is label for row in group]):.1%}"
                for label in (Label.FAKE, Label.UNSURE, Label.REAL)
            )
            table.append(f"| {name} | {source} | {'fake' if fake else 'real'} | {len(group)} | {auc} | {shares} |")
    return table


def _auc(real: NDArray[np.float64], fake: NDArray[np.float64]) -> Interval:
    labels = np.repeat([0, 1], [len(real), len(fake)])
    return auc_interval(labels, placements(labels, np.concatenate([real, fake])), np.arange(len(labels)))


def miss_rates(rows: Sequence[Scored]) -> dict[str, float]:
    """Share of each kind of fake that is labeled `real`."""
    kinds = sorted(_fakes(rows))
    return {
        kind: round(float(np.mean([row.label is Label.REAL for row in rows if row.fake and row.source == kind])), 4)
        for kind in kinds
    }


def _fakes(rows: Sequence[Scored]) -> set[str]:
    """Sources with fakes."""
    return {row.source for row in rows if row.fake}


def _measure(arguments: argparse.Namespace) -> None:
    dataset = Dataset.load(arguments.manifest)
    print("| model | source | class | pictures | AUC against all real pictures | called fake | unsure | called real |")
    print("|---|---|---|---|---|---|---|---|")
    for model in arguments.model or ["default"]:
        rows = score(Detector.load(model, threads=1), dataset)
        for line in lines(Path(model).parent.name or model, rows):
            print(line, flush=True)
        if arguments.card:
            add_metrics(Path(model), "unseen_miss_rate", miss_rates(rows))


def main() -> None:
    """Parse the command line, judge, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path, help="manifest of the dev sources")
    parser.add_argument("--model", action="append", help="a name listed by `unmask models`, or a file; repeatable")
    parser.add_argument("--card", action="store_true", help="write unseen_miss_rate into the card of each model file")
    run_command(_measure, parser.parse_args())


if __name__ == "__main__":
    main()
