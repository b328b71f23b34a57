"""The server's database: verdicts, feedback, jobs and API keys."""

from __future__ import annotations

from unmask.web.store.engine import Store

__all__ = ["Store"]
