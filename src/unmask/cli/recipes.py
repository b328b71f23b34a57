"""`unmask recipes`: list the training recipes."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from unmask.cli import console

if TYPE_CHECKING:
    from unmask.training import Recipe


def run(
    name: Annotated[str | None, typer.Argument(metavar="[RECIPE]", help="Show one recipe as TOML.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the recipes as JSON, one per line.")] = False,
) -> None:
    """List the training recipes.

    Examples:

      unmask recipes
      unmask recipes cnn3 > mine.toml      # start your own recipe
    """
    from unmask.training.config import Recipe, shipped_recipes
    from unmask.training.config_io import to_toml

    recipes = [Recipe.load(name)] if name else list(shipped_recipes())
    if as_json:
        for recipe in recipes:
            sys.stdout.write(json.dumps(recipe.to_dict(), ensure_ascii=False) + "\n")
    elif name:
        sys.stdout.write(to_toml(recipes[0].to_dict()))
    else:
        _table(recipes)


def _table(recipes: list[Recipe]) -> None:
    from rich.table import Table

    from unmask.training.models.registry import ARCHITECTURES

    table = Table("recipe", "what it is for", "input", "parameters")
    for recipe in recipes:
        network = ARCHITECTURES[recipe.architecture]
        table.add_row(recipe.name, recipe.summary, f"{recipe.preprocessing.size} px", f"{network.parameters:,}")
    out = console.stdout()
    out.print(table, soft_wrap=not out.is_terminal)
    out.print("`unmask recipes NAME` shows a recipe; `unmask train DATA --recipe NAME` trains with it.")
