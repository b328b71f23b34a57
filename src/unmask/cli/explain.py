"""`unmask explain`: draw heat maps that attribute the score to parts of the face."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unmask.cli import console
from unmask.cli.options import Faces, ModelName, Threads
from unmask.cli.suggestions import require_file
from unmask.errors import UsageError
from unmask.progress import progress_bar
from unmask.verdict import Label

if TYPE_CHECKING:
    from unmask.explaining import Explanation


class Method(StrEnum):
    """The explanation method."""

    CAM = "cam"
    OCCLUSION = "occlusion"
    LIME = "lime"
    GRADCAM = "gradcam"


class Target(StrEnum):
    """The class whose evidence is shown."""

    FAKE = "fake"
    REAL = "real"


def run(
    picture: Annotated[str, typer.Argument(metavar="PICTURE", help="A file; - reads stdin.")],
    method: Annotated[
        Method | None,
        typer.Option(
            metavar="|".join(Method),
            help="cam: class activation map; occlusion: hidden squares; lime: superpixels; gradcam: gradients.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png", help="Output picture; by default PICTURE-explained.png in the current folder."
        ),
    ] = None,
    map_to: Annotated[
        Path | None,
        typer.Option("--map", metavar="FILE.npz", help="Also save the values of the maps: one array per face."),
    ] = None,
    target: Annotated[
        Target | None,
        typer.Option(
            "--class", metavar="|".join(Target), help="Show evidence for this class, not for each face's label."
        ),
    ] = None,
    samples: Annotated[int, typer.Option(min=1, metavar="N", help="Number of perturbed samples for lime.")] = 1000,
    faithfulness: Annotated[
        bool, typer.Option("--faithfulness/--no-faithfulness", help="Compare each map with random maps.")
    ] = True,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the explanation as JSON; draws only with --out.")
    ] = False,
    model: ModelName = "default",
    threads: Threads = None,
    faces: Faces = None,
) -> None:
    """Show which parts of each face determine its score, and test whether the map is better than chance.

    The faithfulness score compares the map with random maps. Its strongest pixels are removed and restored, and the
    score is the share of random maps that change the prediction less; 50% is chance.

    Examples:

      unmask explain photo.jpg
      unmask explain photo.jpg --method occlusion --out why.png
      unmask explain photo.jpg --method lime --samples 2000 --map lime.npz --json
    """
    from unmask.detector import Detector
    from unmask.explaining import explain

    require_file(picture, "explain")
    name, source = ("stdin", sys.stdin.buffer) if picture == "-" else (picture, picture)
    detector = Detector.load(model, threads=threads, faces=faces)
    with progress_bar() as progress:
        explanation = explain(
            detector,
            source,
            method=method.value if method else None,
            name=name,
            target=Label(target.value) if target else None,
            faithfulness=faithfulness,
            progress=progress,
            methods=methods_for(method, model, samples=samples),
        )
    if method is None and explanation.method != "cam":
        console.stderr().print(f"this model has no class activation map; explained by {explanation.method}")
    if not as_json:
        out = out or Path(f"{Path(name).stem}-explained.png")
    _save(explanation, out, map_to)
    if as_json:
        sys.stdout.write(json.dumps(explanation.to_dict(), ensure_ascii=False) + "\n")
    else:
        _show(explanation, out)


def methods_for(method: Method | None, model: str, *, samples: int | None = None) -> Mapping[str, Any]:
    """The explanation methods by name; Grad-CAM is included only if asked for, because it reads the model file."""
    from functools import partial

    from unmask.explaining import METHODS
    from unmask.explaining.lime import SAMPLES, lime

    methods = {**METHODS, "lime": partial(lime, samples=samples or SAMPLES)}
    if method is Method.GRADCAM:
        from unmask.explaining.gradcam import gradcam_of

        methods["gradcam"] = gradcam_of(model)
    return methods


def _save(explanation: Explanation, out: Path | None, map_to: Path | None) -> None:
    """Write the drawing and the numbers.

    Raises:
        UsageError: a file cannot be written.
    """
    import numpy as np

    for path in (out, map_to):
        try:
            if path and path is out:
                explanation.overlay().save(path)
            elif path:
                maps = {f"face_{n}": each.heatmap for n, each in enumerate(explanation.faces, start=1)}
                np.savez_compressed(path, allow_pickle=False, **maps)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise UsageError(f"{path}: cannot be written ({reason})") from None


def _show(explanation: Explanation, out: Path | None) -> None:
    from unmask.verdict import Finding

    lines = console.stdout()
    finding = Finding(explanation.verdict.path or "picture", explanation.verdict)
    lines.print(console.line(finding, console.line_width(lines)))
    for number, each in enumerate(explanation.faces, start=1):
        name = "whole picture" if explanation.whole_picture else f"face {number}"
        tested = each.faithfulness.reading if each.faithfulness else "Faithfulness was not tested."
        lines.print(f"    {name}: evidence for {each.target.upper()} by {explanation.method}. {tested}")
    lines.print(f"    written to {out}")
