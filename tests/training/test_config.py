"""Recipes: the shipped ones, those of unmask 0.1, and the errors of wrong values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from unmask.card_reader import read_card
from unmask.errors import RecipeError
from unmask.training import Recipe
from unmask.training.config import shipped_recipes
from unmask.training.config_io import parse_settings, recipe_names
from unmask.training.models.registry import ARCHITECTURES

OLD_RECIPE = Path(__file__).parent / "data_files" / "recipe-0.1.toml"
"""The recipe `default` of unmask 0.1."""
TEXTS: dict[str, Any] = {"version": "", "summary": "", "limits": ()}
"""The fields that describe the shipped model, which change with every version of it."""
OLD_AND_NEW_KEYS = [
    ("licence", "license", "none"),
    ("preparation.size", "preprocessing.size", 96),
    ("fakes.share", "pseudo_fakes.share", 0.3),
    ("fakes.even", "pseudo_fakes.degrade_originals", 0.4),
    ("fakes.resynthesis", "pseudo_fakes.upsampling", 0.9),
    ("optimiser.learning_rate", "optimizer.learning_rate", 0.01),
    ("teacher.model", "distillation.model", "fast"),
    ("data.lasting", "data.stable_split", True),
    ("augmentation.harsh", "augmentation.low_quality", 0.2),
    ("augmentation.pristine", "augmentation.undegraded", 0.1),
    ("augmentation.colour", "augmentation.color", 0.6),
    ("augmentation.colour_strength", "augmentation.color_strength", 0.1),
]


def test_every_architecture_has_a_recipe_and_every_recipe_a_summary() -> None:
    recipes = list(shipped_recipes())
    assert {recipe.architecture for recipe in recipes} == set(ARCHITECTURES)
    assert all(recipe.summary for recipe in recipes)
    assert [recipe.name for recipe in recipes] == recipe_names()


def test_a_recipe_of_version_0_1_equals_the_shipped_recipe() -> None:
    old, current = Recipe.load(OLD_RECIPE).to_dict(), Recipe.load("default").to_dict()
    assert old.keys() == current.keys()
    for key in current.keys() - TEXTS.keys():
        assert old[key] == current[key], key


@pytest.mark.parametrize(("old", "new", "value"), OLD_AND_NEW_KEYS, ids=lambda value: str(value))
def test_an_old_key_means_the_same_as_the_new_key(old: str, new: str, value: Any, tmp_path: Path) -> None:
    expected = Recipe.load("tiny", **{new: value})
    assert expected != Recipe.load("tiny")
    assert Recipe.load("tiny", **{old: value}) == expected
    assert Recipe.load("tiny", **parse_settings([f"{old}={value!s}".replace("True", "true")])) == expected
    table, _, last = old.rpartition(".")
    if table:
        assert Recipe.load("tiny", **{table: {last: value}}) == expected
    assert replace(Recipe.load(OLD_RECIPE, **{new: value}), **TEXTS) == replace(
        Recipe.load("default", **{old: value}), **TEXTS
    )


@pytest.mark.parametrize(("old", "new", "value"), OLD_AND_NEW_KEYS, ids=lambda value: str(value))
def test_a_key_under_both_names_is_an_error_that_names_it(old: str, new: str, value: Any) -> None:
    with pytest.raises(RecipeError, match=rf"^{new} is given twice"):
        Recipe.load("tiny", **{old: value, new: value})
    with pytest.raises(RecipeError, match=rf"^{new} is given twice"):
        Recipe.load("tiny", **{new: value, old: value})
    data: dict[str, Any] = {}
    for key in (old, new):
        table, _, last = key.rpartition(".")
        (data.setdefault(table, {}) if table else data)[last] = value
    with pytest.raises(RecipeError, match=r"is given twice: \w+ is its old name") as caught:
        Recipe.from_dict(data)
    assert str(caught.value).split(" ")[0] in (new, new.split(".")[0])


@pytest.mark.parametrize("name", ["fast", "open"])
def test_the_recipe_with_old_keys_in_the_card_of_a_shipped_model_is_read(name: str) -> None:
    card, _ = read_card(name)
    recipe = Recipe.from_dict(card.recipe)
    assert card.name == name
    assert recipe.architecture in ARCHITECTURES
    assert recipe.data.stable_split is card.recipe["data"]["lasting"]
    assert recipe.pseudo_fakes.share == card.recipe["fakes"]["share"]
    assert recipe.optimizer.learning_rate == card.recipe["optimiser"]["learning_rate"]
    assert recipe.license == card.recipe["licence"]
    assert Recipe.from_dict(recipe.to_dict()) == recipe


@pytest.mark.parametrize("name", ["default", "accurate"])
def test_the_recipe_with_new_keys_in_the_card_of_a_shipped_model_is_read(name: str) -> None:
    card, _ = read_card(name)
    recipe = Recipe.from_dict(card.recipe)
    assert recipe.preprocessing == card.preprocessing
    assert recipe.data.stable_split is card.recipe["data"]["stable_split"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("augmentation.jpg", 0.5, "augmentation.jpg: no such key; did you mean jpeg"),
        ("cls", 1, "cls: no such key"),
        ("recipe", 1, "recipe: no such key"),
        ("distillation.share", 0.0, "distillation: share must be in"),
        ("augmentation.low_quality", 2.0, "augmentation: low_quality is a probability"),
        ("optimizers", {}, "optimizers: no such key; did you mean optimizer"),
        ("fit.epochs", 0, "fit: epochs and batch_size must be at least 1"),
        ("fit.epochs", 1.5, "fit.epochs: 1.5 is not a whole number"),
        ("fit.epochs", True, "fit.epochs: True is not a whole number"),
        ("optimizer.name", "lion", "optimizer.name: 'lion' is none of 'adamw'"),
        ("augmentation.margin", [1.0], "augmentation.margin: needs 2 values, not 1"),
        ("augmentation.margin", 1.0, "augmentation.margin: 1.0 is not a list"),
        ("preprocessing.size", 4, "^preprocessing: size 4"),
        ("architecture", "resnet", "no architecture 'resnet'; one of cnn3"),
        ("fit.tiers", ["dirty"], "fit.tiers: 'dirty' is none of"),
        ("data.shares", {"a": -1}, "data: shares must not be negative"),
        ("network.dropout", "much", "network.dropout: 'much' is not a number"),
    ],
)
def test_the_error_names_a_wrong_value(key: str, value: Any, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Recipe.load("tiny", **{key: value})


def test_overrides_are_dotted_keys_tables_or_settings() -> None:
    assert Recipe.load("tiny", **{"fit.epochs": 9}).fit.epochs == 9
    nested = Recipe.load("tiny", fit={"epochs": 9})
    assert (nested.fit.epochs, nested.fit.batch_size) == (9, Recipe.load("tiny").fit.batch_size)
    given = parse_settings(["fit.epochs=9", "augmentation.scale=[0.5, 1]", "optimizer.name=sgd", "data.shares.a=2"])
    recipe = Recipe.load("tiny", **given)
    assert recipe.augmentation.scale == (0.5, 1.0)
    assert recipe.optimizer.name == "sgd"
    assert recipe.data.shares == {"a": 2.0}


def test_an_unknown_recipe_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no recipe named 'cnn4'; one of blended, cnn-dense"):
        Recipe.load("cnn4")
    with pytest.raises(RecipeError, match="no such recipe file"):
        Recipe.load(tmp_path / "missing.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("fit = [", encoding="utf-8")
    with pytest.raises(RecipeError, match="not TOML"):
        Recipe.load(broken)
