"""`unmask models`: list models and show their cards."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from unmask.cli import console
from unmask.errors import MissingExtra


def run(
    name: Annotated[str | None, typer.Argument(metavar="[MODEL]", help="Show the card of one model.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the cards as JSON, one per line.")] = False,
    export_hub: Annotated[
        Path | None,
        typer.Option("--export-hub", metavar="DIR", help="Write the model as a folder ready for the Hugging Face hub."),
    ] = None,
    export_keras: Annotated[
        Path | None,
        typer.Option(
            "--export-keras", metavar="FILE", help="Write a classic network as a .keras or .h5 file. Extra `keras`."
        ),
    ] = None,
    use: Annotated[
        str | None,
        typer.Option("--use", metavar="MODEL", help="Make a promoted model the default: SHA-256, name, or shipped."),
    ] = None,
    rollback: Annotated[bool, typer.Option("--rollback", help="Make the previous default the default again.")] = False,
) -> None:
    """List the models with their cards.

    Examples:

      unmask models
      unmask models default
      unmask models mine.onnx --json
      unmask models mine.onnx --export-hub mine-for-the-hub/
      unmask models mine.onnx --export-keras mine.keras
      unmask models --rollback
    """
    if use or rollback:
        _change_default(use)
        return
    if export_hub:
        _export(name or "default", export_hub)
    if export_keras:
        _export_keras(name or "default", export_keras)
    if export_hub or export_keras:
        return
    from unmask.zoo import DETECTORS

    names = [name] if name else [entry.name for entry in DETECTORS]
    if name and not as_json:
        _print_card(name)
        return
    cards = [_card(each) for each in names]
    if as_json:
        for card in cards:
            sys.stdout.write(json.dumps(card, ensure_ascii=False) + "\n")
    else:
        _table(cards)


def _change_default(use: str | None) -> None:
    """Change what the name `default` means; without a model, back to the previous default."""
    from unmask.model_registry import ModelRegistry

    registry = ModelRegistry()
    model = registry.use(use) if use else registry.rollback()
    named = f"{model.name} {model.version} ({registry.path(model)})" if model else "the shipped model"
    console.stdout().print(console.printable(f"the name default now means {named}"))


def _print_promoted() -> None:
    """The promoted models with their lineage, newest first; nothing if there are none."""
    from unmask.model_registry import ModelRegistry

    registry = ModelRegistry()
    default = registry.default
    out = console.stdout()
    for model in reversed(registry.models()):
        mark = "  ← default" if model == default else ""
        line = f"promoted {model.promoted}: {model.name} {model.version} {model.sha256[:12]}, after {model.parent[:12]}"
        out.print(console.printable(line + mark))


def _export(name: str, folder: Path) -> None:
    from unmask.card_reader import read_card
    from unmask.hub import read_training_hashes, resolve, write_folder
    from unmask.zoo import read_model

    card, _ = read_card(name)
    write_folder(card, read_model(resolve(name)), folder, read_training_hashes(name))
    sys.stdout.write(f"{folder}\n")


def _export_keras(name: str, path: Path) -> None:
    try:
        from unmask.training.export.keras_file import export_keras
    except ModuleNotFoundError as error:
        if error.name != "onnx":
            raise
        raise MissingExtra("writing Keras files", "keras") from error

    difference = export_keras(name, path)
    sys.stderr.write(f"unmask: the probabilities differ by at most {difference:.1e}; {path}.json describes the input\n")
    sys.stdout.write(f"{path}\n")


def _card(name: str) -> dict[str, Any]:
    from unmask.card_reader import read_card

    card, sha256 = read_card(name)
    return {"model": name, "sha256": sha256, **card.to_dict()}


def _print_card(name: str) -> None:
    from unmask.card_reader import read_card
    from unmask.cli.card_text import card_lines

    out = console.stdout()
    for line in card_lines(*read_card(name), out.width):
        out.print(line)


def _table(cards: list[dict[str, Any]]) -> None:
    from rich.table import Table

    from unmask.verdict import Thresholds

    table = Table("model", "version", "what it is for", "real below", "fake above", "sha256")
    for card in cards:
        rule = Thresholds(card["thresholds"]["real_below"], card["thresholds"]["fake_above"])
        table.add_row(
            card["model"],
            card["version"],
            card["summary"],
            f"{rule.real_below:.1%}" if rule.allows_real else "never",
            f"{rule.fake_above:.1%}" if rule.allows_fake else "never",
            card["sha256"][:12],
        )
    out = console.stdout()
    out.print(table, soft_wrap=not out.is_terminal)
    _print_promoted()
    out.print("`unmask models NAME` shows the card of a model: training data, metrics, limits, license.")
