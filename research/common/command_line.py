"""Command lines of the research modules."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from unmask.errors import UnmaskError


def run_command(command: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> None:
    """Run a command; an `UnmaskError` becomes one line on stderr and exit code 1."""
    try:
        command(arguments)
    except UnmaskError as error:
        sys.exit(f"unmask: {error}")
