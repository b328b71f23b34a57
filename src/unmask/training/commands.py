"""What the commands `python -m unmask.training.…` have in common."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from unmask.errors import UnmaskError


def carry_out(command: Callable[[argparse.Namespace], None], arguments: argparse.Namespace) -> None:
    """Do what a command line asks for; what goes wrong is told in one line, and the exit code is 1."""
    try:
        command(arguments)
    except UnmaskError as error:
        sys.exit(f"unmask: {error}")
