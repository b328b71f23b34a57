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
    data: Annotated[Path, typer.Option("--data", metavar="DATA", help="The dataset that the models were trained on.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the model and all other results.")
    ],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the new model.")] = "ensemble",
    mirror: Annotated[
        bool, typer.Option("--mirror", help="Average each score with that of the mirrored picture.")
    ] = False,
    shares: Annotated[
        str,
        typer.Option("--shares", metavar="SHARES", help="Weights of the scores, such as 0.85,0.15; equal by default."),
    ] = "",
    average: Annotated[
        str,
        typer.Option("--average", metavar="SHARES", help="Average network weights instead of scores, such as 0.6,0.4."),
    ] = "",
    bits: Annotated[
        int, typer.Option("--bits", metavar="32|16|8", help="Bits per stored weight; 16 halves the file size.")
    ] = 32,
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="CPU threads for one inference.")] = None,
    workers: Annotated[int | None, typer.Option(min=0, metavar="N", help="Processes that read pictures.")] = None,
    quantize: Annotated[bool, typer.Option("--quantize", help="Also write an int8 model and measure it.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Build the ensemble even if the audit fails.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the model's card as one JSON object.")] = False,
) -> None:
    """Combine trained models into one calibrated model file and measure it.

    The ensemble returns the mean of the members' calibrated scores. It takes as long as all members together; --mirror
    doubles the time. Members may have different input sizes if each size divides the largest. --average builds one
    network from models that were fine-tuned from one another; it takes as long as one member.

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
