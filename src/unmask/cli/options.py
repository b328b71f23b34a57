"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class FailOn(StrEnum):
    """The outcome of a picture that makes a command exit with 3."""

    FAKE = "fake"
    UNSURE = "unsure"
    FAILURE = "failure"


ModelName = Annotated[
    str, typer.Option(metavar="MODEL", help="A name from `unmask models`, or the path of an .onnx file.")
]
Threads = Annotated[int | None, typer.Option(min=1, metavar="N", help="CPU threads for one inference.")]
WholePicture = Annotated[bool, typer.Option("--whole-picture", help="Judge the whole picture if no face is found.")]
Faces = Annotated[
    str | None,
    typer.Option(metavar="FILE.onnx|MODULE:FUNCTION", help="Your face detector: a YuNet file, or a Python function."),
]
StabilityProbe = Annotated[
    bool, typer.Option("--stability/--no-stability", help="Also score mild re-encodings of each face.")
]
FailsOn = Annotated[
    list[FailOn] | None,
    typer.Option(
        metavar="|".join(FailOn), help="Exit with 3 if a picture gets this label, or cannot be judged; repeatable."
    ),
]
FailAbove = Annotated[
    float | None,
    typer.Option(metavar="P", help="Exit with 3 if a picture's probability of fake is above P, whatever its label."),
]
Prevalence = Annotated[
    float | None,
    typer.Option(metavar="SHARE", help="Your share of fakes, such as 0.01: also print probabilities restated for it."),
]
OpenResult = Annotated[bool, typer.Option("--open", help="Open the written file in the browser or viewer.")]
LabeledData = Annotated[Path, typer.Argument(metavar="DATA", help="A folder of Real/ and Fake/, or a manifest.")]
TierNames = Annotated[str, typer.Option(metavar="NAMES", help="Tiers to evaluate, comma-separated: clean, web, hard.")]
Split = Annotated[
    str | None,
    typer.Option(
        metavar="SPLIT", help="Split: train, valid, test or all; by default the first of test, valid, all that exists."
    ),
]
Limit = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Evaluate a stratified sample of about this many pictures.")
]


def names_in(text: str) -> list[str]:
    """Splits a comma-separated list of names."""
    return [name.strip() for name in text.split(",") if name.strip()]
