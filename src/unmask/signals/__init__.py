"""Evidence beside the score: metadata, JPEG structure, Content Credentials, spectrum, error levels, noise."""

from __future__ import annotations

from unmask.signals.examine import SIGNALS, examine
from unmask.signals.signal import Notice, Signal

__all__ = ["SIGNALS", "Notice", "Signal", "examine"]
