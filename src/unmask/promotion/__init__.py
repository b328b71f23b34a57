"""Promotion: whether a candidate may replace the current model, by rules and paired intervals."""

from __future__ import annotations

from unmask.promotion.checks import Check, Outcome, check_margin
from unmask.promotion.decision import Decided, PromotionDecision, decide_promotion
from unmask.promotion.mlflow_logging import log_decision
from unmask.promotion.page import promotion_page
from unmask.promotion.record import decision_faults, write_decision
from unmask.promotion.rules import PromotionRules

__all__ = [
    "Check",
    "Decided",
    "Outcome",
    "PromotionDecision",
    "PromotionRules",
    "check_margin",
    "decide_promotion",
    "decision_faults",
    "log_decision",
    "promotion_page",
    "write_decision",
]
