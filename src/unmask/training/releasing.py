"""Release a model file: give it its final name and words, keep everything measured, and print the sha256 to pin.

    python -m unmask.training.releasing RUN/model.onnx --name fast --words default --out src/unmask/models/fast.onnx

What a model cannot do is known only when it has been measured, after its training. `--words` names the recipe whose
version, summary, limits and licence the card takes; `--also` adds a line to the limits.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from unmask.card import METADATA_KEY
from unmask.detector import read_card
from unmask.training.exporting import write_card
from unmask.training.recipe import Recipe


def release(source: Path, target: Path, *, name: str, words: Recipe, summary: str, also: list[str]) -> str:
    """Copy a model file under its final name and words; returns the sha256 of the copy.

    Args:
        source: what training wrote.
        target: where it is shipped.
        name: what users call it.
        words: whose version, limits and licence it takes.
        summary: one line on what it is for; "" takes that of `words`.
        also: further limits, said first.
    """
    card, _ = read_card(source)
    limits = (*also, *words.limits)
    summary = summary or words.summary
    card = replace(card, name=name, version=words.version, summary=summary, limits=limits, licence=words.licence)
    shutil.copyfile(source, target)
    write_card(target, METADATA_KEY, card.to_json())
    return hashlib.sha256(target.read_bytes()).hexdigest()


def add_metrics(file: Path, name: str, found: Mapping[str, Any]) -> None:
    """Put what a benchmark found into the card of a model file, under `metrics.NAME`."""
    card, _ = read_card(file)
    write_card(file, METADATA_KEY, replace(card, metrics={**card.metrics, name: found}).to_json())


def main() -> None:
    """Read the command line and release one file."""
    parser = argparse.ArgumentParser(prog="python -m unmask.training.releasing", description="Release a model file.")
    parser.add_argument("model", type=Path)
    parser.add_argument("--name", required=True, help="what users call it")
    parser.add_argument("--words", default="default", help="recipe whose summary, limits and licence it takes")
    parser.add_argument("--summary", default="", help="another summary than the recipe's")
    parser.add_argument("--also", action="append", default=[], metavar="LIMIT", help="a further limit; repeatable")
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
