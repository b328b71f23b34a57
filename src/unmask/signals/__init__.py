"""Signals: evidence beside the score, from metadata, Content Credentials, JPEG structure and pixel statistics."""

from __future__ import annotations

from unmask.signals.examine import SIGNALS, examine
from unmask.signals.signal import Severity, Signal

__all__ = ["SIGNALS", "Severity", "Signal", "examine"]
