"""`unmask ensemble`: combine trained models into one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from unmask.errors import UsageError


def run(
    members: Annotated[list[str], typer.Argument(metavar="MODEL…", help="Trained models: names or files.")],
    data: Annotated[Path, typer.Option("--data", metavar="DATA", help="What they were trained on.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where everything is written.")],
    name: Annotated[str, typer.Option("--name", help="Of the new model.")] = "ensemble",
    mirror: Annotated[bool, typer.Option("--mirror", help="Show the members the mirrored picture too.")] = False,
    shares: Annotated[
        str,
        typer.Option("--shares", metavar="SHARES", help="Weight of each score: 0.85,0.15; equal unless given."),
    ] = "",
    average: Annotated[
        str, typer.Option("--average", metavar="SHARES", help="Average weights instead of scores: 0.6,0.4 for two.")
    ] = "",
    bits: Annotated[
        int, typer.Option("--bits", help="Store weights of 32 bits in 16 or 8: half or a quarter of the file.")
    ] = 32,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads.")] = None,
    workers: Annotated[int | None, typer.Option(min=0, help="Processes that read pictures.")] = None,
    quantize: Annotated[bool, typer.Option("--quantize", help="Also write an int8 variant, measured.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Go on where the audit refuses the data.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the model's card as one JSON object.")] = False,
) -> None:
    """Fuse trained models into one file, calibrated and measured like any other.

    It gives the mean of the members' calibrated scores and costs as much as they do together; --mirror doubles that.
    Members may see faces at different sizes, as long as each size divides the largest.
    --average makes one network of models that went on from one another; it costs what one of them does.

    Examples:

      unmask ensemble runs/a/model.onnx runs/b/model.onnx --data faces/ -o runs/both

      unmask ensemble default runs/small/model.onnx --shares 0.85,0.15 --data faces/ -o runs/more

      unmask ensemble runs/b/model.onnx runs/a/model.onnx --average 0.6,0.4 --data faces/ -o runs/between

      unmask ensemble runs/a/model.onnx --mirror --name careful --data faces/ -o runs/careful
    """
    from unmask.datasets import Dataset
    from unmask.training import ensemble

    card = ensemble(
        Dataset.load(data),
        members,
        name=name,
        output=output,
        mirror=mirror,
        shares=_numbers("--shares", shares),
        averaged=_numbers("--average", average),
        bits=bits,
        threads=threads,
        workers=workers,
        quantize=quantize,
        force=force,
    )
    sys.stdout.write(json.dumps(card.to_dict(), ensure_ascii=False) if as_json else str(output / "model.onnx"))
    sys.stdout.write("\n")


def _numbers(option: str, text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",") if part]
    except ValueError:
        raise UsageError(f"{option} {text}: give numbers separated by commas, such as 0.6,0.4") from None
