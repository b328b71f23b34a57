"""Figures, options and links in the documentation match the model cards, the program and the files."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from typer.main import get_command

from unmask.cli import COMMANDS, build

ROOT = Path(__file__).parents[1]


def test_metric_tables_equal_the_model_cards() -> None:
    command = [sys.executable, "-m", "tools.model_tables", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_cli_page_lists_every_option() -> None:
    page = (ROOT / "docs" / "cli.md").read_text("utf-8")
    sections = dict(re.findall(r"^## `unmask (\S+)`\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL))
    assert list(sections) == list(COMMANDS)
    for name, command in get_command(build()).commands.items():
        stated = {
            flag for line in re.findall(r"^\* `(-.*?)`:", sections[name], re.MULTILINE) for flag in options_in(line)
        }
        known = {flag for entry in command.params for flag in (*entry.opts, *entry.secondary_opts) if flag[0] == "-"}
        assert stated - {"--help"} == known, f"{name}: run: python -m tools.cli_docs > docs/cli.md"


def options_in(line: str) -> list[str]:
    """The options in `-v, --verbose` or `--this / --no-this` or `--out FILE`."""
    return re.findall(r"(?<![\w-])--?[a-z][\w-]*", line)


def test_relative_links_resolve() -> None:
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")):
        text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
        for link in re.findall(r"\]\(([^)\n]+)\)", re.sub(r"`[^`\n]*`", "", text)):
            path, _, heading = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            target = page.parent / path if path else page
            assert target.exists(), f"{page.relative_to(ROOT)}: {link} does not exist"
            assert not heading or heading in anchors(target), f"{page.relative_to(ROOT)}: no heading for {link}"


def anchors(page: Path) -> set[str]:
    """Link targets of the headings of a page, formed as GitHub does."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_recipe_reference_is_generated_from_the_configuration_classes() -> None:
    from tools.recipe_docs import lines

    page = (ROOT / "docs" / "recipe-reference.md").read_text("utf-8")
    assert page == "".join(f"{line}\n" for line in lines()), (
        "run: python -m tools.recipe_docs > docs/recipe-reference.md"
    )
