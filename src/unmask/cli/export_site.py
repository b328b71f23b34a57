"""`unmask export-site`: the page with the detector inside the browser, as static files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unmask.cli import console

Runtime = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="ONNX Runtime Web as a .tgz file from `npm pack`; the default asks npm once and caches it."
    ),
]


def run(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder, or one with an earlier site.")],
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="Name or .onnx file; repeat for a choice. [fast and default]"),
    ] = None,
    runtime: Runtime = None,
) -> None:
    """Write a static site that judges pictures in the visitor's browser.

    The site needs no server program: any static host serves the folder, also from a sub-path. No picture leaves the
    visitor's device, and the page works without a network after the first visit.

    Examples:

      unmask export-site public/                    # fast and default, visitors choose
      unmask export-site public/ --model mine.onnx  # your own model
      python -m http.server -d public 8080          # try it: http://127.0.0.1:8080
    """
    from unmask.site import export_site

    site = export_site(folder, model or ("fast", "default"), runtime)
    console.stdout().print(
        f"{site.folder}: {site.files} files, {site.bytes / 1e6:.1f} MB; the first visit loads "
        f"{site.first_visit / 1e6:.1f} MB, or less if the host compresses.",
        soft_wrap=True,
        highlight=False,
    )
