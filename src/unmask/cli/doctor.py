"""`unmask doctor`: check the installation."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from unmask.cli import console
from unmask.cli.exit_codes import CHECK_FAILED


def run(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per check.")] = False,
) -> None:
    """Check the installation: packages, models, and a self-test on bundled pictures.

    Exits with 1 if a required part fails. Missing extras are listed but are not failures.

    Examples:

      unmask doctor
      unmask doctor --json
    """
    from unmask.doctor import CheckResult, run_checks

    marks = {True: ("green4", "ok  "), False: ("bold red3", "FAIL"), None: ("gray50", "–   ")}
    failed = False
    out = console.stdout()

    def show(check: CheckResult) -> None:
        style, mark = marks[check.ok]
        out.print(f"{mark}  {check.name:<18} {check.detail}{'; ' if check.advice else ''}{check.advice}", style=style)

    for check in run_checks():
        failed = failed or check.ok is False
        if as_json:
            sys.stdout.write(json.dumps(check.to_dict()) + "\n")
        else:
            show(check)
    raise typer.Exit(CHECK_FAILED if failed else 0)
