from __future__ import annotations

import json
import tomllib

from tests.conftest import Run
from unmask.training.config import recipe_names


def test_every_recipe_is_listed_with_its_purpose(run_cli: Run) -> None:
    done = run_cli("recipes", "--json")
    listed = [json.loads(line) for line in done.stdout.splitlines()]
    assert [recipe["name"] for recipe in listed] == recipe_names()
    assert all(name in run_cli("recipes").stdout for name in ("default", "xception-frozen"))


def test_a_recipe_is_shown_as_toml_to_start_from(run_cli: Run) -> None:
    done = run_cli("recipes", "cnn3")
    assert tomllib.loads(done.stdout)["architecture"] == "cnn3"
