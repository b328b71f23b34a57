"""How good a detector is, on which pictures, and how sure that is. Knows no training framework."""

from __future__ import annotations

from unmask.datasets.splitting import sampled
from unmask.evaluation.comparison import Comparison, compare
from unmask.evaluation.evaluation import Evaluation
from unmask.evaluation.judging import Judgements, Manner, judge
from unmask.evaluation.metrics import Sample, figures
from unmask.evaluation.run import evaluate, reported_split
from unmask.evaluation.tiers import TIERS

__all__ = [
    "TIERS",
    "Comparison",
    "Evaluation",
    "Judgements",
    "Manner",
    "Sample",
    "compare",
    "evaluate",
    "figures",
    "judge",
    "reported_split",
    "sampled",
]
