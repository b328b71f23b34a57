from __future__ import annotations

from unmask.datasets import Dataset
from unmask.evaluation.inference import Predictor, predict_dataset, worst_errors


def test_largest_errors_come_first(guesser: Predictor, reds: Dataset) -> None:
    predictions = predict_dataset(guesser, reds)
    for label in ("real", "fake"):
        wrong = [verdict.probability_fake for _, verdict in worst_errors(predictions, label, 5)]
        assert wrong == sorted(wrong, reverse=label == "real")
        assert all((probability >= 0.5) == (label == "real") for probability in wrong if probability is not None)
