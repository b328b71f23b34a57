"""Drift: whether the pictures or the scores of a period differ from those of a reference period."""

from __future__ import annotations

from unmask.drift.page import drift_page
from unmask.drift.report import DriftReport, FeatureTest, measure_drift
from unmask.drift.stream import StreamFeatures

__all__ = ["DriftReport", "FeatureTest", "StreamFeatures", "drift_page", "measure_drift"]
