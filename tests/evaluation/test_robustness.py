from __future__ import annotations

import pytest

from unmask.datasets import Dataset
from unmask.evaluation import evaluate
from unmask.evaluation.inference import Predictor
from unmask.evaluation.robustness import AXES, GRID


def test_robustness_covers_the_grid(redness: Predictor, reds: Dataset) -> None:
    robustness = evaluate(redness, reds, tiers=["clean"], robustness=8).to_dict(detail=True)["robustness"]
    assert len(robustness["cells"]) == len(GRID) + len(AXES) == 32
    assert robustness["pictures"] == pytest.approx(8, abs=2)
    assert all(cell["auc"][0] > 0.7 for cell in robustness["cells"] if not cell["noise"])
