"""`unmask train`: train a model file on labeled pictures."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unmask.cli import console
from unmask.errors import UsageError

if TYPE_CHECKING:
    from unmask.datasets import Dataset


def run(
    data: Annotated[
        list[str],
        typer.Argument(metavar="DATA…", help="Folders of Real/ and Fake/, or manifests; DATA=3 gives a weight."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder for the model and all other results.")
    ],
    recipe: Annotated[
        str, typer.Option("--recipe", "-r", metavar="NAME|FILE", help="A name from `unmask recipes`, or a .toml file.")
    ] = "cnn3",
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one key of the recipe; repeatable.")
    ] = None,
    device: Annotated[str, typer.Option(metavar="auto|cpu|cuda|mps", help="Training device.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, metavar="N", help="CPU threads.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Processes that read and augment pictures.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Resume the run in --output.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Train even if the audit fails.")] = False,
    quantize: Annotated[bool, typer.Option("--quantize", help="Also write an int8 model and measure it.")] = False,
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write metrics for TensorBoard.")] = False,
    mlflow: Annotated[
        bool, typer.Option("--mlflow", help="Also log run and model to MLflow (MLFLOW_TRACKING_URI).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the model's card as one JSON object.")] = False,
) -> None:
    """Train a detector on DATA and write DIR/model.onnx with its card, curves and history.

    Examples:

      unmask train faces/ --output runs/first
      unmask train faces/ -r cnn3 -o runs/cnn3 --set fit.epochs=30 --set augmentation.blur=0.3
      unmask train faces/ -r cnn3 -o runs/cnn3 --resume
      unmask train mine/=3 theirs/manifest.csv=1 -o runs/mixed
      torchrun --nproc-per-node 4 -m unmask train faces/ -o runs/four-gpus
    """
    from unmask.training import Recipe, train
    from unmask.training.config_io import parse_settings

    dataset, weighted = _load(data)
    balance = {"data.balance": "class"} if weighted else {}
    chosen = Recipe.load(recipe, **{**balance, **parse_settings(changes or [])})
    try:
        card = train(
            dataset,
            chosen,
            output=output,
            device=device,
            threads=threads,
            workers=workers,
            resume=resume,
            force=force,
            quantize=quantize,
            tensorboard=tensorboard,
            mlflow=mlflow,
        )
    except KeyboardInterrupt:
        flags = {"--force": force, "--quantize": quantize, "--json": as_json}
        flags |= {"--tensorboard": tensorboard, "--mlflow": mlflow}
        words = [*data, "--recipe", recipe, *(word for change in changes or [] for word in ("--set", change))]
        numbers = {"--device": device, "--threads": threads, "--workers": workers}
        words += [word for name, value in numbers.items() if value not in (None, "auto") for word in (name, str(value))]
        _explain_resume(output, [*words, *(name for name, given in flags.items() if given)])
        raise
    if os.environ.get("RANK", "0") != "0":
        return
    if as_json:
        sys.stdout.write(json.dumps(card.to_dict(), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"{output / 'model.onnx'}\n")
        judged = output / "splits.csv"
        console.stderr().print(f"to measure the model again: unmask evaluate {output / 'model.onnx'} {judged}")


def _explain_resume(output: Path, words: list[str]) -> None:
    """Print how to resume the interrupted run."""
    started = (output / "last.pt").exists()
    command = shlex.join(["unmask", "train", *words, "--output", str(output), *(["--resume"] if started else [])])
    saved = "training stopped; resume it from its last checkpoint" if started else "stopped before the first checkpoint"
    console.stderr().print(f"{saved}: {command}", markup=False, highlight=False, soft_wrap=True)


def _load(sources: list[str]) -> tuple[Dataset, bool]:
    """The dataset, mixed from several sources if given, and whether any source has a weight."""
    from unmask.datasets import Dataset, mix

    pairs = [_weighted(source) for source in sources]
    parts = [(Dataset.load(path), 1.0 if weight is None else weight) for path, weight in pairs]
    weighted = any(weight is not None for _, weight in pairs)
    return (parts[0][0], False) if len(parts) == 1 else (mix(parts), weighted)


def _weighted(source: str) -> tuple[str, float | None]:
    """Splits `DATA=3` into path and weight, unless a file of that whole name exists."""
    path, equals, weight = source.rpartition("=")
    if not equals or Path(source).exists():
        return source, None
    try:
        return path, float(weight)
    except ValueError as error:
        raise UsageError(f"{source}: {weight!r} is not a weight; write DATA=3") from error
