"""Watches cameras and network streams: tracks faces, and judges each track over a sliding window."""

from __future__ import annotations

from unmask.streams.config import StreamConfig
from unmask.streams.source import StreamSource
from unmask.streams.watch import watch_stream

__all__ = ["StreamConfig", "StreamSource", "watch_stream"]
