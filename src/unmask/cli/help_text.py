"""Help pages of the commands: two columns, examples as lines of a shell, readable at 80 columns."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

if TYPE_CHECKING:
    from rich.text import Text

MAX_WIDTH = 100
"""Columns of the page in a wider terminal."""
MAX_NAME_WIDTH = 26
"""Columns of the left column; the description of a longer name begins on the next line."""
COMMENT_GAP = "  # "
"""Separates an example from the comment behind it."""


class HelpCommand(TyperCommand):
    """A command with a help page of this module."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help page."""
        print_help(self, ctx)


def print_help(command: Any, ctx: Any, groups: dict[str, dict[str, str]] | None = None) -> None:
    """Print the help page of a command.

    Args:
        command: the command or the group of all commands.
        ctx: its context.
        groups: headings of the root page, with module by command name.
    """
    from unmask.cli import console

    out = console.stdout()
    for line in help_page(command, ctx, min(out.width, MAX_WIDTH), groups or {}):
        out.print(line)


def help_page(command: Any, ctx: Any, width: int, groups: dict[str, dict[str, str]]) -> Iterator[Text]:
    """The lines of a help page; a line is longer than `width` only if one word is."""
    from rich.text import Text

    parameters = [each for each in command.get_params(ctx) if not getattr(each, "hidden", False)]
    arguments = [each for each in parameters if each.param_type_name == "argument"]
    options = [each for each in parameters if each.param_type_name == "option"]
    pieces = [
        ctx.command_path,
        "[OPTIONS]",
        *(_argument_name(each) for each in arguments),
        "COMMAND …" if groups else "",
    ]
    yield Text.assemble(("Usage: ", "bold"), " ".join(filter(None, pieces)))
    yield Text()
    yield from map(Text, help_body(command.help or "", width))
    left = max((len(name) for names in groups.values() for name in names), default=0)
    sections = {
        "Arguments": [(_argument_name(each), _description(each)) for each in arguments],
        **{
            heading: [(f"{name:<{left}}", _summary(command, ctx, name)) for name in names]
            for heading, names in groups.items()
        },
    }
    for each in options:
        heading = getattr(each, "rich_help_panel", None) or "Options"
        sections.setdefault(heading, []).append((_option_name(each), _description(each)))
    for heading, rows in sections.items():
        if rows:
            yield Text()
            yield Text(f"{heading}:", "bold")
            yield from two_columns(rows, width)


def help_body(text: str, width: int) -> Iterator[str]:
    """The description of a command, wrapped; indented paragraphs are examples and stay lines of a shell."""
    before = ""
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        example = paragraph.startswith("  ")
        if before and not (example and before.startswith(("  ", "Examples:"))):
            yield ""
        before = paragraph
        if example:
            for line in paragraph.splitlines():
                yield from shell_lines(line.strip(), width)
        else:
            yield from textwrap.wrap(" ".join(paragraph.split()), width, break_on_hyphens=False)


def shell_lines(example: str, width: int) -> Iterator[str]:
    """An example as lines that can be copied into a shell: a long one continues after a backslash."""
    command, _, comment = (part.strip() for part in example.partition(COMMENT_GAP))
    if len(example) + 2 <= width:
        yield f"  {example}"
        return
    if comment:
        yield f"  # {comment}"
    parts = textwrap.wrap(command, width - 4, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    for last, part in enumerate(parts, 1 - len(parts)):
        yield f"  {part}" if last == 0 else f"  {part} \\"


def two_columns(rows: Iterable[tuple[str, str]], width: int) -> Iterator[Text]:
    """Names on the left and wrapped descriptions on the right."""
    from rich.text import Text

    rows = list(rows)
    left = max((len(name) for name, _ in rows if len(name) <= MAX_NAME_WIDTH), default=MAX_NAME_WIDTH)
    for name, description in rows:
        lines = textwrap.wrap(description, width - left - 4, break_on_hyphens=False) or [""]
        if len(name) > left:
            yield from (Text(f"  {part}", "cyan") for part in textwrap.wrap(name, width - 2, break_on_hyphens=False))
        else:
            yield Text.assemble("  ", (f"{name:<{left}}", "cyan"), f"  {lines.pop(0)}".rstrip())
        yield from (Text(" " * (left + 4) + line) for line in lines)


def _argument_name(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    return name if parameter.required else f"[{name.strip('[]')}]"


def _option_name(parameter: Any) -> str:
    """The flags of an option and its value; the second spelling of a long flag is left out."""
    long = [flag for flag in parameter.opts if flag.startswith("--")]
    flags = [*(flag for flag in parameter.opts if not flag.startswith("--")), *long[:1]]
    name = ", ".join(flags) + "".join(f"/{flag}" for flag in parameter.secondary_opts)
    return name if parameter.is_flag else f"{name} {parameter.metavar or 'VALUE'}"


def _description(parameter: Any) -> str:
    """The help text of a parameter, and what is known about its value."""
    default = parameter.default.value if isinstance(parameter.default, Enum) else parameter.default
    shown = getattr(parameter, "show_default", None)
    notes = []
    if parameter.required:
        notes.append("required")
    elif isinstance(shown, str):
        notes.append(f"default: {shown}")
    elif parameter.secondary_opts and isinstance(default, bool):
        notes.append(f"default: {(parameter.opts if default else parameter.secondary_opts)[0]}")
    elif default not in (None, False, "") and not callable(default) and shown is not False:
        notes.append(f"default: {default}")
    if (minimum := _minimum(parameter)) is not None:
        notes.append(f"at least {minimum}")
    text = parameter.help or ""
    return f"{text} [{'; '.join(notes)}]".strip() if notes else text


def _minimum(parameter: Any) -> float | None:
    """The smallest value; Typer keeps it in the parameter, its older versions in the type."""
    kind = getattr(parameter, "type", None)
    minimum: float | None = getattr(parameter, "min", None) or getattr(kind, "min", None)
    return minimum


def _summary(group: Any, ctx: Any, name: str) -> str:
    """The first paragraph of a command's help."""
    text = inspect.cleandoc(group.get_command(ctx, name).help or "")
    return re.sub(r"\s+", " ", text.split("\n\n")[0])
