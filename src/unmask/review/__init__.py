"""Review: people confirm the labels of pictures before a model learns from them."""

from __future__ import annotations

from unmask.review.agreement import Agreement, agreements, write_manifest
from unmask.review.decisions import Decision, DecisionLog
from unmask.review.queue import Reason, ReviewItem, queue_from_findings, review_reason

__all__ = [
    "Agreement",
    "Decision",
    "DecisionLog",
    "Reason",
    "ReviewItem",
    "agreements",
    "queue_from_findings",
    "review_reason",
    "write_manifest",
]
