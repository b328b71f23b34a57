"""The command line: one file per command, one catcher for every error."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer

from unmask.errors import UnmaskError

COMMANDS: dict[str, str] = {
    "detect": "unmask.cli.detect",
    "scan": "unmask.cli.scan",
    "explain": "unmask.cli.explain",
    "report": "unmask.cli.report",
    "verify": "unmask.cli.verify",
    "models": "unmask.cli.models",
    "serve": "unmask.cli.serve",
    "audit": "unmask.cli.audit",
    "evaluate": "unmask.cli.evaluate",
    "compare": "unmask.cli.compare",
    "train": "unmask.cli.train",
    "ensemble": "unmask.cli.ensemble",
    "recipes": "unmask.cli.recipes",
    "import": "unmask.cli.import_",
    "doctor": "unmask.cli.doctor",
}
"""Command name to the module whose function `run` is the command."""

ABOUT = """Tell whether face pictures are real or deepfakes, how sure that is, and why. Offline.

Examples:

  unmask detect photo.jpg                 # one picture, one line

  unmask detect *.jpg --json              # one JSON object per line

  unmask scan photos/ --out findings.csv  # many pictures, on all cores, resumable

  unmask doctor                           # check the installation

Exit codes: 0 done; 1 nothing could be judged, or a check refused; 2 usage; 3 a fake was found (with --fail-on fake);
4 done, but some items failed.
"""


def _version(asked: bool) -> None:
    if asked:
        from unmask._version import __version__

        typer.echo(f"unmask {__version__}")
        raise typer.Exit


def _about(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
    ),
) -> None:
    """The options that stand before a command."""


def build(commands: dict[str, str] = COMMANDS) -> typer.Typer:
    """The command line application with the given commands."""
    app = typer.Typer(
        name="unmask",
        help=ABOUT,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_about)
    for name, module in commands.items():
        run: Callable[..., Any] = import_module(module).run
        app.command(name)(run)
    return app


def main() -> None:
    """Run the command line and leave with its exit code.

    What goes into a file or a pipe is UTF-8 on every system, and a name that is no text is written with escapes.
    """
    warnings.filterwarnings("ignore", module="PIL")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")
    try:
        build()()
    except UnmaskError as error:
        sys.stderr.write(f"unmask: {error.message}\n")
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        sys.stderr.write("unmask: interrupted\n")
        raise SystemExit(130) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(141) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        sys.stderr.write(f"unmask: {where}{error.strerror or error}\n")
        raise SystemExit(1) from None
