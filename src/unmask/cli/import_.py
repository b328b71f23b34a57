"""`unmask import`: convert an external model to a model file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from unmask.cli import console


def run(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An .onnx, .h5 or .keras file, or a hub-style folder.")],
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Classes of the outputs in order: real,fake or fake,real. A single output is the score of B.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="The new model file; by default FILE.unmask.onnx."),
    ] = None,
    probe: Annotated[
        Path | None,
        typer.Option(metavar="DATA", help="Labeled pictures (Real/ and Fake/) to check the classes with."),
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=16, metavar="N", help="Side of the input in pixels, if the file does not fix it.")
    ] = None,
    normalize: Annotated[
        str | None,
        typer.Option(
            "--normalize",
            "--normalise",
            metavar="NAME",
            help="Input range: raw (0..255), unit (0..1), signed (-1..1) or imagenet.",
        ),
    ] = None,
    margin: Annotated[
        float, typer.Option(metavar="X", help="Side of the face crop as a multiple of the face box.")
    ] = 1.3,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the new model.")] = None,
    license_terms: Annotated[
        str, typer.Option("--license", "--licence", metavar="TEXT", help="Terms of use, for the model card.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print the new model's card as one JSON object.")] = False,
) -> None:
    """Convert your own network into a model file, and check the order of its classes.

    The check scores labeled pictures: those of --probe, or a bundled portrait and fakes made from it. With at least 20
    pictures of each class, --probe also calibrates the model. Exits with 1 if the scores contradict the class order.

    Examples:

      unmask import mine.h5 --classes fake,real --normalize unit --probe faces/
      unmask import model.onnx --classes real,fake --normalize imagenet -o mine.onnx
      unmask import downloaded-from-the-hub/ && unmask detect photo.jpg --model downloaded-from-the-hub.unmask.onnx
    """
    from unmask.datasets import Dataset
    from unmask.training import import_model

    named = file.resolve()
    target = output or named.with_name(f"{named.name if named.is_dir() else named.stem}.unmask.onnx")
    result = import_model(
        file,
        target,
        classes=_pair(classes),
        size=size,
        normalize=normalize,
        margin=margin,
        dataset=Dataset.load(probe) if probe else None,
        name=name,
        license=license_terms,
        prompt=_prompt if sys.stdin.isatty() else None,
    )
    if as_json:
        sys.stdout.write(json.dumps(result.card.to_dict(), ensure_ascii=False) + "\n")
        return
    class_order, err = result.class_order, console.stderr()
    auc = class_order.auc
    figure = f"AUC {auc.value:.2f} ({auc.low:.2f} to {auc.high:.2f}) on {len(class_order.labels)} pictures"
    err.print(
        f"{'the classes are as declared' if class_order.confirms else 'the classes could not be confirmed'}: {figure}"
    )
    if not class_order.confirms:
        err.print(f"to confirm them, give {'more ' if probe else ''}labeled pictures with --probe")
    if not result.calibrated:
        err.print("the model is not calibrated: give at least 20 pictures of each class with --probe")
    sys.stdout.write(f"{target}\n")


def _pair(classes: str | None) -> tuple[str, str] | None:
    from unmask.errors import UsageError

    if classes is None:
        return None
    names = [name.strip().lower() for name in classes.split(",")]
    if len(names) != 2:
        raise UsageError(f"--classes {classes}: give two names, such as real,fake")
    return names[0], names[1]


def _prompt(question: str, answers: tuple[str, ...]) -> str:
    answer: str = typer.prompt(f"{question} [{'/'.join(answers)}]", err=True)
    return answer.strip()
