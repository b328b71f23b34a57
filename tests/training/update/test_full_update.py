"""The full update: all layers are fine-tuned, the old model is distilled, and an interrupted run continues."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.training.test_resume import Interruption, interrupt
from unmask.card_reader import read_card
from unmask.datasets import Dataset
from unmask.errors import RecipeError
from unmask.training.update import full_update
from unmask.training.update.full_update import update_recipe
from unmask.training.update.versions import next_version


def test_all_layers_continue_from_the_base_and_an_interrupted_update_goes_on(
    few: Dataset, quick_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base, output = quick_run / "model.onnx", tmp_path / "out"
    new, old = few.take(range(0, 48, 2)), few.take(range(1, 48, 2))

    def update() -> None:
        full_update(new, base, output, replay=old, epochs=1, force=True, progress=False)

    with monkeypatch.context() as patch:
        patch.setattr("unmask.training.pipeline.export", interrupt)
        with pytest.raises(Interruption):
            update()
    rows = (output / "history.csv").read_text()
    update()
    assert (output / "history.csv").read_text() == rows
    (before, digest), (after, changed) = read_card(base), read_card(output / "model.onnx")
    assert changed != digest
    assert after.version == next_version(before.version)
    assert any(digest[:12] in limit for limit in after.limits)
    assert after.recipe["distillation"]["share"] > 0


def test_the_learning_rate_is_a_tenth_of_that_of_the_base(quick_run: Path) -> None:
    base = quick_run / "model.onnx"
    recipe = update_recipe(base, 3)
    assert recipe.fit.epochs == 3
    assert recipe.optimizer.learning_rate == pytest.approx(
        0.1 * read_card(base)[0].recipe["optimizer"]["learning_rate"]
    )


def test_a_model_without_a_recipe_needs_the_quick_mode(tmp_path: Path) -> None:
    from tests.web.quick_model import write_quick_model

    with pytest.raises(RecipeError, match="use --mode quick"):
        update_recipe(write_quick_model(tmp_path / "model.onnx"), 1)


def test_versions_count_the_updates() -> None:
    assert [next_version(each) for each in ("1.6", "1.6+1", "2+b")] == ["1.6+1", "1.6+2", "2+b+1"]
