"""The command line: one module per command; one class converts errors to exit codes."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from importlib import import_module
from shlex import quote
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from unmask._decoder_warnings import hide_decoder_warnings
from unmask.cli.exit_codes import INTERRUPTED
from unmask.cli.help_text import HelpCommand, print_help
from unmask.cli.suggestions import command_for
from unmask.errors import UnmaskError, UsageError

GROUPS: dict[str, dict[str, str]] = {
    "Judge": {
        "detect": "unmask.cli.detect",
        "scan": "unmask.cli.scan",
        "watch-stream": "unmask.cli.watch_stream",
    },
    "Evidence": {
        "explain": "unmask.cli.explain",
        "report": "unmask.cli.report",
        "verify": "unmask.cli.verify",
    },
    "Train and measure": {
        "audit": "unmask.cli.audit",
        "train": "unmask.cli.train",
        "recipes": "unmask.cli.recipes",
        "evaluate": "unmask.cli.evaluate",
        "compare": "unmask.cli.compare",
        "ensemble": "unmask.cli.ensemble",
        "import": "unmask.cli.import_",
    },
    "Serve": {
        "serve": "unmask.cli.serve",
        "export-site": "unmask.cli.export_site",
        "export-extension": "unmask.cli.export_extension",
        "mcp": "unmask.cli.mcp",
    },
    "Keep up": {
        "review": "unmask.cli.review",
        "data": "unmask.cli.data",
        "update": "unmask.cli.update",
        "promote": "unmask.cli.promote",
        "rejudge": "unmask.cli.rejudge",
        "drift": "unmask.cli.drift",
    },
    "Models and installation": {
        "models": "unmask.cli.models",
        "doctor": "unmask.cli.doctor",
    },
}
"""Module by command name, under the headings of `unmask --help`; the function `run` in a module is the command."""
COMMANDS: dict[str, str] = {name: module for group in GROUPS.values() for name, module in group.items()}

ABOUT = """Label face pictures as real or fake, with probabilities and explanations. Works offline.

Examples:

  unmask detect photo.jpg                 # one picture, one line
  unmask detect *.jpg --json              # one JSON object per line
  unmask scan photos/ --out findings.csv  # many pictures; resumable
  unmask doctor                           # check the installation

Exit codes: 0 done; 1 nothing could be judged, or a check failed; 2 usage; 3 a fake was found (with --fail-on fake);
4 done, but some items failed; 5 results changed (rejudge, drift);
6 too few pictures to decide (promote).
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
    """The options before the command."""


class CommandGroup(TyperGroup):
    """The commands. Converts errors to one line on stderr and an exit code."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Set up warnings and output streams, then run a command.

        Output to a file or a pipe is UTF-8 on every system. Bytes of file names that are not valid Unicode are escaped.
        """
        hide_decoder_warnings()
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")
        return super().main(*args, **options)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the commands under their headings."""
        print_help(self, ctx, GROUPS)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is named first.

        Raises:
            UsageError: a picture, a folder or an address is named instead of a command.
        """
        if args[0] not in self.commands and (command := command_for(args[0])):
            raise UsageError(f"{args[0]}: not a command; did you mean {' '.join([command, *map(quote, args[1:])])}?")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; an error ends it with an exit code."""
        try:
            return super().invoke(ctx)
        except UnmaskError as error:
            _exit(error.message, error.exit_code)
        except KeyboardInterrupt:
            _exit("interrupted", INTERRUPTED)
        except BrokenPipeError:
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename is not None else ""
            _exit(f"{where}{error.strerror or error}", 1)


def _exit(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"unmask: {message}\n")
    raise typer.Exit(code)


def build(commands: dict[str, str] = COMMANDS) -> typer.Typer:
    """The command line application.

    Args:
        commands: module by command name.
    """
    app = typer.Typer(
        name="unmask",
        cls=CommandGroup,
        help=ABOUT,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_about)
    for name, module in commands.items():
        run: Callable[..., Any] = import_module(module).run
        app.command(name, cls=HelpCommand)(run)
    return app


def main() -> None:
    """Run the command line and exit with its exit code."""
    build()()
