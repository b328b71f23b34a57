"""The command line does not change by accident: commands, arguments, options, defaults and exit codes.

After an intended change: python tests/cli/test_surface.py > tests/cli/command_surface.json
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_type_hints

from typer.main import get_command

from unmask.cli import ABOUT, COMMANDS, build, exit_codes
from unmask.errors import UsageError

SNAPSHOT = Path(__file__).with_name("command_surface.json")


def surface() -> dict[str, Any]:
    group = get_command(build())
    commands = group.commands  # type: ignore[attr-defined]
    return {
        "options": [parameter(each) for each in group.params],
        "commands": {
            name: arguments_of(command, import_module(COMMANDS[name]).run) for name, command in commands.items()
        },
        "exit_codes": dict(re.findall(r"(\d) ([^;.]+)", ABOUT.partition("Exit codes: ")[2].replace("\n", " "))),
    }


def arguments_of(command: Any, run: Callable[..., None]) -> list[str]:
    types = get_type_hints(run)
    return [parameter(each, types.get(each.name)) for each in command.params]


def parameter(each: Any, kind: Any = None) -> str:
    """What a caller of the command depends on, in one line."""
    names = [*each.opts, *each.secondary_opts] if each.param_type_name == "option" else [each.name.upper()]
    minimum = getattr(each, "min", None)
    default = each.default.value if isinstance(each.default, Enum) else each.default
    words = (
        "/".join(names),
        value_type(kind),
        "" if minimum is None else f">= {minimum}",
        "required" if each.required else f"default {json.dumps(default)}",
        "repeatable" if each.multiple or each.nargs != 1 else "",
    )
    return " ".join(filter(None, words))


def value_type(kind: Any) -> str:
    """The type of one value, or the choices if it is an enumeration."""
    while parts := [part for part in get_args(kind) if part is not type(None)]:
        kind = parts[0]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return "|".join(member.value for member in kind)
    return getattr(kind, "__name__", "")


def test_the_command_surface_is_the_recorded_one() -> None:
    found = json.loads(json.dumps(surface()))
    assert found == json.loads(SNAPSHOT.read_text("utf-8"))


def test_documented_exit_codes_are_those_of_the_code() -> None:
    documented = {int(code) for code in surface()["exit_codes"]}
    used = {value for name, value in vars(exit_codes).items() if name.isupper()}
    assert documented == {0, UsageError.exit_code, *used} - {exit_codes.INTERRUPTED}


if __name__ == "__main__":
    json.dump(surface(), sys.stdout, indent=1)
    sys.stdout.write("\n")
