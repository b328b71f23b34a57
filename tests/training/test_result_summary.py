"""Texts about a finished run, and what a run on few pictures selects and withholds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.conftest import learner
from tests.training.engine.small_run import new_state, scripted, train
from tests.training.export.test_calibration import scores_of
from unmask.card import ModelCard
from unmask.cli.train import _explain_resume
from unmask.datasets import Dataset, LabeledImage
from unmask.training import console
from unmask.training.config import CalibrationConfig
from unmask.training.engine.callbacks import BestWeights, EarlyStopping
from unmask.training.engine.distributed import DistributedContext
from unmask.training.engine.loggers import describe_position
from unmask.training.engine.validation import MIN_IMAGES_FOR_AUC, Validator
from unmask.training.export.calibration import calibrate, withhold_unmet
from unmask.training.result_summary import fit_outcome, next_steps
from unmask.verdict import Label, Thresholds


def test_early_stopping_and_the_kept_epoch_are_announced(tmp_path: Path) -> None:
    callbacks = [BestWeights(tmp_path / "best.pt", "auc"), EarlyStopping("auc", 2)]
    state = train(new_state(**{"fit.epochs": 9}), callbacks, scripted(0.5, 0.7, 0.6, 0.65))
    assert fit_outcome(state, callbacks) == (
        "early stopping after epoch 4 of 9: auc has not improved for 2 epochs; the weights of epoch 2 are kept "
        "(best auc: 0.7)"
    )
    whole = [BestWeights(tmp_path / "best.pt", "held_out_loss")]
    state = train(new_state(), whole, scripted(0.7, 0.6, 0.5, 0.4, name="held_out_loss"))
    assert fit_outcome(state, whole) == "trained 4 epochs; the weights of epoch 4 are kept (best held_out_loss: 0.4)"


def test_the_position_is_an_epoch_and_a_step_within_it() -> None:
    state = new_state()
    state.step, state.history = 8, [{"epoch": 1.0}]
    assert describe_position(state) == "epoch 2/4, step 3/5"


def test_the_history_has_the_training_accuracy() -> None:
    state = train(new_state(**{"fit.epochs": 8}))
    accuracies = [record["train_accuracy"] for record in state.history]
    assert all(0 <= value <= 1 for value in accuracies)
    assert accuracies[-1] > 0.9
    assert state.accuracy_sum is None


def test_a_checkpoint_within_an_epoch_keeps_the_training_accuracy() -> None:
    state = new_state()
    state.loss_sum, state.accuracy_sum = torch.tensor(2.0), torch.tensor(1.5)
    saved, restored = state.state_dict(), new_state()
    restored.load_state_dict(saved)
    assert restored.accuracy_sum == torch.tensor(1.5)
    restored.load_state_dict({name: value for name, value in saved.items() if name != "accuracy_sum"})
    assert restored.accuracy_sum is not None
    assert restored.accuracy_sum.isnan(), "a checkpoint of an older version"


@pytest.mark.parametrize(("each", "monitor"), [(28, "held_out_loss"), (MIN_IMAGES_FOR_AUC, "auc")])
def test_a_small_calibration_split_selects_the_epoch_by_loss(each: int, monitor: str) -> None:
    items = tuple(
        LabeledImage(Path(f"{number}"), "fake" if number % 2 else "real", "valid", "one") for number in range(2 * each)
    )
    alone = DistributedContext(torch.device("cpu"))
    recipes = learner(**{"fit.monitor": "auto"}), learner(**{"fit.monitor": "accuracy"})
    chosen = [Validator(Dataset(items, "some"), {}, recipe, alone).monitor for recipe in recipes]
    assert chosen == [monitor, "accuracy"]


@pytest.mark.parametrize(("each", "labels"), [(28, {Label.REAL, Label.UNSURE}), (12, {Label.UNSURE})])
def test_a_label_without_guaranteed_error_rate_is_withheld(each: int, labels: set[Label]) -> None:
    is_fake = np.arange(2 * each) % 2 == 1
    scores = scores_of(np.where(is_fake, 5.0, -5.0) + np.random.default_rng(0).normal(size=2 * each), is_fake)
    calibration, rule = calibrate(scores, CalibrationConfig())
    withheld, sentences = withhold_unmet(rule, scores, CalibrationConfig())
    given = {withheld.thresholds.label(calibration.probability(float(logit))) for logit in (*scores.logits, -1e6, 1e6)}
    assert given == labels
    assert sentences[0] == (
        f"The model never labels a picture fake: its calibration split has {each} independent real pictures, and 99 of "
        "equal weight are needed to guarantee that at most 1.0% of them are misjudged. Add real pictures to get the "
        "label fake."
    )
    card = ModelCard("small", "1", decision=withheld, calibration=calibration)
    assert ModelCard.from_json(card.to_json()).decision == withheld
    assert withheld.thresholds.label(withheld.correct(calibration.probability(1e6), 5)) is Label.UNSURE
    assert not withheld.thresholds.allows_fake
    assert "never fake" in str(withheld.thresholds)


def test_enough_independent_pictures_keep_both_labels() -> None:
    is_fake = np.arange(400) % 2 == 1
    scores = scores_of(np.where(is_fake, 2.0, -2.0) + np.random.default_rng(0).normal(size=400), is_fake)
    rule = calibrate(scores, CalibrationConfig())[1]
    assert withhold_unmet(rule, scores, CalibrationConfig()) == (rule, ())
    assert rule.thresholds.allows_fake
    assert not Thresholds(0.2, 1 - 1e-13).allows_fake


def test_advice_follows_from_the_figures() -> None:
    figures = {"auc": [0.5, 0.4, 0.6], "coverage": [0.1, 0.0, 0.2]}
    card = ModelCard("weak", "1", metrics={"tiers": {"clean": {"all": figures}}})  # type: ignore[typeddict-item]
    history = [{"accuracy": 0.6, "train_accuracy": 0.95}]
    advice = " ".join(next_steps(card, history, ()))
    for words in ("The AUC is not above chance", "35% above that of the calibration split", "Most verdicts are unsure"):
        assert words in advice
    assert next(next_steps(card, [], ["One sentence."])) == "One sentence."


def test_without_a_terminal_progress_is_one_line_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now, lines = [0.0], []
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    report = console.ProgressLines(lines.append)
    for second in range(0, 150, 10):
        now[0] = float(second)
        report("epoch 1/3, step 2/15", second, 150)
    assert lines == ["epoch 1/3, step 2/15  (60 of 150)", "epoch 1/3, step 2/15  (120 of 150)"]


def test_an_interrupted_run_prints_how_to_resume(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _explain_resume(tmp_path, ["my faces", "--recipe", "cnn3"])
    (tmp_path / "last.pt").touch()
    _explain_resume(tmp_path, ["my faces", "--recipe", "cnn3"])
    before, after = capsys.readouterr().err.splitlines()
    command = f"unmask train 'my faces' --recipe cnn3 --output {tmp_path}"
    assert before == f"stopped before the first checkpoint: {command}"
    assert after == f"training stopped; resume it from its last checkpoint: {command} --resume"
