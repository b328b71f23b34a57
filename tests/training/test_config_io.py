from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from unmask.errors import RecipeError
from unmask.training import Recipe
from unmask.training.config_io import parse_settings, recipe_names, to_toml


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_is_written_and_read_unchanged(name: str, tmp_path: Path) -> None:
    recipe = Recipe.load(name)
    file = tmp_path / "copy.toml"
    file.write_text(to_toml(recipe.to_dict()), encoding="utf-8")
    assert Recipe.load(file) == recipe


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_shells_write_are_read(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nsummary = "für Gesichter"\n', encoding=encoding)
    assert Recipe.load(tmp_path / "mine.toml").summary == "für Gesichter"
    (tmp_path / "mine.toml").write_bytes(b"\xff\xff\xff")
    with pytest.raises(RecipeError, match="not TOML"):
        Recipe.load(tmp_path / "mine.toml")


def test_a_setting_without_an_equals_sign_is_an_error() -> None:
    with pytest.raises(RecipeError, match="expected key=value"):
        parse_settings(["fit.epochs"])


def test_toml_is_read_back_unchanged() -> None:
    data = {"a": 1, "text": 'quo"te\\', "list": [1.5, True], "table": {"odd key": "x", "inner": {"b": []}}, "empty": {}}
    assert tomllib.loads(to_toml(data)) == data
