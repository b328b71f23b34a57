"""Release a model file: set its final name and card texts, keep its figures, and print the sha256 to pin in `zoo.py`.

    python -m research.release.release_model RUN/model.onnx --name fast --words default --out models/fast.onnx

The limits of a model are known only after its evaluation. `--words` names the recipe that gives version, summary,
limits and license of the card; `--also` adds a line to the limits.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from unmask.card import METADATA_KEY
from unmask.card_metrics import CardMetrics
from unmask.card_reader import read_card
from unmask.training.config import Recipe
from unmask.training.export.onnx import write_metadata


def release(source: Path, target: Path, *, name: str, words: Recipe, summary: str, also: list[str]) -> str:
    """Copy a model file with its final name and card texts; returns the sha256 of the copy.

    Args:
        source: model file of a training run.
        target: target of the copy.
        name: name of the model.
        words: recipe that gives version, limits and license.
        summary: one line on the purpose; "" for that of `words`.
        also: additional limits, listed first.
    """
    card, _ = read_card(source)
    limits = (*also, *words.limits)
    summary = summary or words.summary
    card = replace(card, name=name, version=words.version, summary=summary, limits=limits, license=words.license)
    shutil.copyfile(source, target)
    write_metadata(target, METADATA_KEY, card.to_json())
    return hashlib.sha256(target.read_bytes()).hexdigest()


def add_metrics(file: Path, name: str, found: Mapping[str, Any]) -> None:
    """Set `metrics.NAME` in the card of a model file."""
    card, _ = read_card(file)
    metrics = cast(CardMetrics, {**card.metrics, name: found})
    write_metadata(file, METADATA_KEY, replace(card, metrics=metrics).to_json())


def main() -> None:
    """Parse the command line and release one file."""
    parser = argparse.ArgumentParser(
        prog="python -m research.release.release_model", description="Release a model file."
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--name", required=True, help="of the model")
    parser.add_argument("--words", default="default", help="recipe that gives version, summary, limits and license")
    parser.add_argument("--summary", default="", help="another summary than the recipe's")
    parser.add_argument("--also", action="append", default=[], metavar="LIMIT", help="an additional limit; repeatable")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    words = Recipe.load(arguments.words)
    digest = release(
        arguments.model,
        arguments.out,
        name=arguments.name,
        words=words,
        summary=arguments.summary,
        also=arguments.also,
    )
    sys.stdout.write(f"{digest}\n")


if __name__ == "__main__":
    main()
