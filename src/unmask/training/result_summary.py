"""Texts about a finished run: which epoch was kept, the results on the test split, what to do next, and the files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import nan

from unmask.card import ModelCard
from unmask.evaluation import Evaluation
from unmask.training.engine.callbacks import BestWeights, Callback
from unmask.training.engine.state import Record, TrainState
from unmask.training.run_dir import RunDir
from unmask.verdict import Label, Verdict

OVERFITTING_GAP = 0.15
"""Difference of training and validation accuracy from which the advice is to add pictures."""
LOW_COVERAGE = 0.5
"""Share of sure verdicts below which the advice is to add pictures."""
FILES = {
    "model.onnx": "the model: pass it as --model",
    "model.hashes.npz": "hashes of the training pictures: keep the file beside the model",
    "model-int8.onnx": "the 8-bit model",
    "model-card.json": "the model card",
    "model-evaluation.html": "all figures, charts and mistakes",
    "model-evaluation.json": "the figures as JSON",
    "curves.png": "loss, accuracy and AUC of every epoch",
    "history.csv": "the figures of every epoch",
    "validation.png": "calibration pictures with their labels",
    "splits.csv": "the pictures of each split",
    "audit.json": "the audit of the data",
    "recipe.toml": "the configuration",
}


def fit_outcome(state: TrainState, callbacks: Sequence[Callback]) -> str:
    """One line: why training ended, and which epoch's weights are kept."""
    best = next(callback for callback in callbacks if isinstance(callback, BestWeights))
    kept = state.epoch - best.epochs_since_best
    value = state.history[kept - 1][best.monitor]
    end = f"trained {state.epoch} epochs"
    if state.stop and state.epoch < state.options.epochs:
        end = (
            f"early stopping after epoch {state.epoch} of {state.options.epochs}: {best.monitor} has not improved for "
            f"{best.epochs_since_best} epochs"
        )
    return f"{end}; the weights of epoch {kept} are kept (best {best.monitor}: {value:.4g})"


def result_table(evaluation: Evaluation) -> Iterator[str]:
    """Lines of a table: AUC, accuracy and coverage on the test split, and verdicts by true class."""
    tier = evaluation.tiers["clean"]
    counts, metrics = tier.all.counts(), tier.all.card_metrics()
    yield f"results on the test split ({counts['n_real']:,} real, {counts['n_fake']:,} fake pictures, unchanged files)"
    yield f"  AUC        {_interval(metrics, 'auc', 1):>20}   ranks fakes above real pictures; 0.5 is chance"
    yield f"  accuracy   {_interval(metrics, 'accuracy', 100):>20}   scores on the right side of 0.5"
    yield f"  coverage   {_interval(metrics, 'coverage', 100):>20}   verdicts real or fake; the others are unsure"
    verdicts = Counter(
        (item.label, result.label if isinstance(result, Verdict) else "unreadable")
        for item, result in zip(tier.predictions.dataset, tier.predictions.results, strict=True)
    )
    columns = [*Label, *(["unreadable"] if counts["problems"] else [])]
    yield "  " + "true class".ljust(12) + "".join(str(column).replace("_", " ").rjust(11) for column in columns)
    for true in ("real", "fake"):
        yield "  " + true.ljust(12) + "".join(f"{verdicts[true, column]:>11,}" for column in columns)


def _interval(metrics: Mapping[str, object], name: str, factor: float) -> str:
    """A metric with the limits of its interval, in percent if the factor is 100."""
    found = metrics.get(name)
    if not isinstance(found, list):
        return "–"
    value, low, high = (factor * each for each in found)
    return f"{value:.1f} % ({low:.0f}–{high:.0f})" if factor == 100 else f"{value:.3f} ({low:.2f}–{high:.2f})"


def next_steps(card: ModelCard, history: Sequence[Record], unmet: Sequence[str]) -> Iterator[str]:
    """Advice that follows from the figures.

    Args:
        card: with the figures of the test split.
        history: of the run; empty for a model that was not trained.
        unmet: sentences about error rates that cannot be guaranteed.
    """
    metrics = card.metrics["tiers"]["clean"]["all"]
    yield from unmet
    auc = metrics.get("auc", [nan] * 3)
    if auc[1] <= 0.5:
        yield (
            "The AUC is not above chance. Check the labels with `unmask audit`, add pictures, or start from trained "
            "weights (network.weights)."
        )
    gap = max((record.get("train_accuracy", nan) - record["accuracy"] for record in history[-1:]), default=nan)
    if gap > OVERFITTING_GAP:
        yield (
            f"Training accuracy is {gap:.0%} above that of the calibration split (overfitting). Add pictures, or raise "
            "the augmentation."
        )
    if not unmet and metrics.get("coverage", [1.0])[0] < LOW_COVERAGE:
        yield "Most verdicts are unsure. Add pictures, train longer (fit.epochs), or choose a larger network."


def file_lines(run_dir: RunDir) -> Iterator[str]:
    """The files of the run that exist, each with its content."""
    for name, content in FILES.items():
        if (path := run_dir.path / name).exists():
            yield f"  {path}  {content}"
