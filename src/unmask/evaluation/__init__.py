"""Evaluation of detectors: metrics with confidence intervals, and comparisons. Imports no training framework."""

from __future__ import annotations

from unmask.evaluation.comparison import Comparison, compare
from unmask.evaluation.evaluation import Evaluation
from unmask.evaluation.inference import Predictions, Predictor, predict_dataset, worst_errors
from unmask.evaluation.metrics import Sample, compute_metrics
from unmask.evaluation.run_evaluation import evaluate, select_split
from unmask.evaluation.tiers import TIERS
from unmask.predict_options import PredictOptions

__all__ = [
    "TIERS",
    "Comparison",
    "Evaluation",
    "PredictOptions",
    "Predictions",
    "Predictor",
    "Sample",
    "compare",
    "compute_metrics",
    "evaluate",
    "predict_dataset",
    "select_split",
    "worst_errors",
]
