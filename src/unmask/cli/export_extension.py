"""`unmask export-extension`: the browser extension for Chromium and Firefox."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unmask.cli import console
from unmask.cli.export_site import Runtime


def run(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the packages.")],
    model: Annotated[str, typer.Option(metavar="MODEL", help="Name or .onnx file of the model inside.")] = "fast",
    runtime: Runtime = None,
) -> None:
    """Write a browser extension that judges the picture under the mouse, on the user's device.

    Examples:

      unmask export-extension out/   # out/unmask-chromium.zip, out/unmask-firefox.zip, out/unmask-chromium/

    Chromium: chrome://extensions, developer mode, "Load unpacked", out/unmask-chromium. Firefox: about:debugging, "Load
    temporary add-on", out/unmask-firefox.zip.
    """
    from unmask.site import export_extension

    made = export_extension(folder, model, runtime)
    out = console.stdout()
    for package in made.packages:
        out.print(f"{package}: {package.stat().st_size / 1e6:.1f} MB")
    out.print(f"{made.unpacked}: to load into Chromium without a package")
