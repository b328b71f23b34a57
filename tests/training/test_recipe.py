from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from unmask.errors import RecipeError
from unmask.training import Recipe
from unmask.training.architectures.catalogue import CATALOGUE
from unmask.training.reading import to_toml
from unmask.training.recipe import recipe_names, settings, shipped_recipes


def test_every_architecture_has_a_recipe_and_every_recipe_says_what_it_is_for() -> None:
    recipes = list(shipped_recipes())
    assert {recipe.architecture for recipe in recipes} == set(CATALOGUE)
    assert all(recipe.summary for recipe in recipes)
    assert [recipe.name for recipe in recipes] == recipe_names()


@pytest.mark.parametrize("name", recipe_names())
def test_a_recipe_survives_being_written_and_read(name: str, tmp_path: Path) -> None:
    recipe = Recipe.load(name)
    file = tmp_path / "copy.toml"
    file.write_text(to_toml(recipe.to_dict()), encoding="utf-8")
    assert Recipe.load(file) == recipe


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_recipe_is_read_as_shells_write_it(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nsummary = "für Gesichter"\n', encoding=encoding)
    assert Recipe.load(tmp_path / "mine.toml").summary == "für Gesichter"
    (tmp_path / "mine.toml").write_bytes(b"\xff\xff\xff")
    with pytest.raises(RecipeError, match="not TOML"):
        Recipe.load(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("augmentation.jpg", 0.5, "augmentation.jpg: no such key; did you mean jpeg"),
        ("cls", 1, "cls: no such key"),
        ("recipe", 1, "recipe: no such key"),
        ("teacher.share", 0.0, "teacher: share must be in"),
        ("augmentation.harsh", 2.0, "augmentation: harsh is a probability"),
        ("optimizer", {}, "optimizer: no such key; did you mean optimiser"),
        ("fit.epochs", 0, "fit: epochs and batch_size must be at least 1"),
        ("fit.epochs", 1.5, "fit.epochs: 1.5 is not a whole number"),
        ("fit.epochs", True, "fit.epochs: True is not a whole number"),
        ("optimiser.name", "lion", "optimiser.name: 'lion' is none of 'adamw'"),
        ("augmentation.margin", [1.0], "augmentation.margin: needs 2 values, not 1"),
        ("augmentation.margin", 1.0, "augmentation.margin: 1.0 is not a list"),
        ("preparation.size", 4, "^preparation: size 4"),
        ("architecture", "resnet", "no architecture 'resnet'; one of cnn3"),
        ("fit.tiers", ["dirty"], "fit.tiers: 'dirty' is none of"),
        ("data.shares", {"a": -1}, "data: shares must not be negative"),
        ("network.dropout", "much", "network.dropout: 'much' is not a number"),
    ],
)
def test_a_bad_value_is_named(key: str, value: Any, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Recipe.load("tiny", **{key: value})


def test_overrides_come_dotted_as_tables_and_from_a_command_line() -> None:
    assert Recipe.load("tiny", **{"fit.epochs": 9}).fit.epochs == 9
    nested = Recipe.load("tiny", fit={"epochs": 9})
    assert (nested.fit.epochs, nested.fit.batch_size) == (9, Recipe.load("tiny").fit.batch_size)
    given = settings(["fit.epochs=9", "augmentation.scale=[0.5, 1]", "optimiser.name=sgd", "data.shares.a=2"])
    recipe = Recipe.load("tiny", **given)
    assert recipe.augmentation.scale == (0.5, 1.0)
    assert recipe.optimiser.name == "sgd"
    assert recipe.data.shares == {"a": 2.0}
    with pytest.raises(RecipeError, match="expected key=value"):
        settings(["fit.epochs"])


def test_an_unknown_recipe_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no recipe named 'cnn4'; one of blended, cnn-dense"):
        Recipe.load("cnn4")
    with pytest.raises(RecipeError, match="no such recipe file"):
        Recipe.load(tmp_path / "missing.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("fit = [", encoding="utf-8")
    with pytest.raises(RecipeError, match="not TOML"):
        Recipe.load(broken)


def test_toml_writes_what_it_is_given() -> None:
    data = {"a": 1, "text": 'quo"te\\', "list": [1.5, True], "table": {"odd key": "x", "inner": {"b": []}}, "empty": {}}
    assert tomllib.loads(to_toml(data)) == data
