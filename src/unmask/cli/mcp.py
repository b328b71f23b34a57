"""`unmask mcp`: serve the detector to agents with the Model Context Protocol."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from unmask.cli.options import ModelName, Threads


def run(
    allow: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Folder that tools may read; repeatable. By default the current folder."),
    ] = None,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Also load pictures from addresses of the public web, on request.")
    ] = False,
    http: Annotated[
        bool, typer.Option("--http", help="Serve streamable HTTP on 127.0.0.1 instead of stdin and stdout.")
    ] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, metavar="N", help="Port of --http.")] = 8765,
    model: ModelName = "default",
    threads: Threads = None,
) -> None:
    """Serve detection to agents with the Model Context Protocol (MCP).

    Tools: detect, explain, report, scan_folder, compare_records. They read files in the allowed folders and write
    nothing.

    Examples:

      unmask mcp --allow ~/Pictures          # an agent starts this and talks to it on stdin and stdout
      unmask mcp --allow inbox/ --http       # http://127.0.0.1:8765/mcp
    """
    from unmask.detector import Detector
    from unmask.mcp_server import ImageInput, Tools
    from unmask.mcp_server.server import serve_http, serve_stdio

    images = ImageInput.allow(allow or (), fetch=fetch)
    tools = Tools(Detector.load(model, threads=threads), images)
    if http:
        sys.stderr.write(f"unmask: MCP server at http://127.0.0.1:{port}/mcp\n")
        serve_http(tools, port)
    else:
        serve_stdio(tools)
