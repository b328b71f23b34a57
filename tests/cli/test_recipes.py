from __future__ import annotations

import json
import tomllib
from pathlib import Path

from tests.conftest import Run
from unmask.training.recipe import recipe_names


def test_every_recipe_is_listed_with_its_purpose(unmask: Run) -> None:
    done = unmask("recipes", "--json")
    listed = [json.loads(line) for line in done.stdout.splitlines()]
    assert [recipe["name"] for recipe in listed] == recipe_names()
    assert all(name in unmask("recipes").stdout for name in ("default", "xception-frozen"))


def test_a_recipe_is_shown_as_toml_to_start_from(unmask: Run) -> None:
    done = unmask("recipes", "cnn3")
    assert tomllib.loads(done.stdout)["architecture"] == "cnn3"


def test_a_misspelt_key_is_one_line_and_exit_2(unmask: Run, tmp_path: Path) -> None:
    (tmp_path / "Real").mkdir()
    (tmp_path / "Fake").mkdir()
    for folder in ("Real", "Fake"):
        (tmp_path / folder / "a.jpg").write_bytes(b"")
    done = unmask("train", tmp_path, "-o", tmp_path / "out", "--set", "fit.epoch=3")
    assert done.returncode == 2
    assert done.stderr == "unmask: fit.epoch: no such key; did you mean epochs?\n"
