"""Explanations: heat maps of what raises a face's score, drawings of them, and a test of their faithfulness."""

from __future__ import annotations

from unmask.explaining.explainer import METHODS, explain
from unmask.explaining.explanation import Explanation, FaceExplanation
from unmask.explaining.faithfulness import Faithfulness

__all__ = ["METHODS", "Explanation", "FaceExplanation", "Faithfulness", "explain"]
