from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import SAMPLES, Run
from unmask.card import ModelCard
from unmask.card_reader import read_card
from unmask.cli.card_text import card_lines


def test_models_are_listed_with_their_thresholds(run_cli: Run) -> None:
    done = run_cli("models")
    assert done.returncode == 0
    rows = {line.split()[1]: line for line in done.stdout.splitlines() if line.startswith("│")}
    assert {"default", "fast", "open"} <= rows.keys()
    assert "%" in rows["default"]
    assert "never" in rows["open"]


def test_never_real_is_shown_for_a_model_without_that_label(run_cli: Run, tmp_path: Path) -> None:
    picture = SAMPLES / "astronaut.jpg"
    assert "unsure below" in run_cli("detect", picture, "-v", "--model", "open").stdout
    assert run_cli("report", picture, "--out", tmp_path / "why.html", "--model", "open").returncode == 0
    page = (tmp_path / "why.html").read_text("utf-8")
    assert "this model never calls a face real" in page
    assert "real below" not in page


def test_json_has_all_fields_of_a_card(run_cli: Run) -> None:
    card = json.loads(run_cli("models", "default", "--json").stdout)
    assert card["classes"] == ["real", "fake"]
    assert card["thresholds"]["real_below"] <= card["thresholds"]["fake_above"]
    assert card["training_data"]
    assert card["metrics"]
    assert card["limits"]
    assert card["licence"]


@pytest.mark.parametrize("width", [80, 120])
def test_the_card_of_one_model_is_printed_for_people(run_cli: Run, width: int) -> None:
    card, sha256 = read_card("default")
    lines = [line.plain for line in card_lines(card, sha256, width)]
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for words in (f"default {card.version}", sha256, "fake above", "Metrics", "clean", "Known limits", "License"):
        assert words in text
    assert "{" not in run_cli("models", "default").stdout


def test_a_card_states_what_it_lacks_and_the_figure_for_unknown_kinds() -> None:
    bare = ModelCard("mine", "1")
    text = "\n".join(line.plain for line in card_lines(bare, "0" * 64, 80))
    assert "The model was not evaluated." in text
    assert "Unknown kinds" not in text
    measured = replace(bare, metrics={"unseen_miss_rate": {"swaps": 0.4}})
    assert "40% of swaps" in "\n".join(line.plain for line in card_lines(measured, "0" * 64, 200))


def test_an_unknown_model_exits_2(run_cli: Run) -> None:
    done = run_cli("models", "nonsense")
    assert done.returncode == 2
    assert "default" in done.stderr


def test_an_export_folder_that_cannot_be_written_is_one_line(run_cli: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run_cli("models", "default", "--export-hub", tmp_path / "file")
    assert done.returncode == 1
    assert done.stderr == f"unmask: {tmp_path / 'file'}: File exists\n"
