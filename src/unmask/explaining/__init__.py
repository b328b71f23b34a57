"""Why a face got its score: maps of evidence, drawn, and tested for whether they mean anything."""

from __future__ import annotations

from unmask.explaining.explainer import METHODS, explain
from unmask.explaining.explanation import Explanation, FaceExplanation
from unmask.explaining.faithfulness import Faithfulness

__all__ = ["METHODS", "Explanation", "FaceExplanation", "Faithfulness", "explain"]
