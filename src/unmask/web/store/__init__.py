"""What the server remembers: verdicts, feedback, jobs and API keys, in any database SQLAlchemy speaks to."""

from __future__ import annotations

from unmask.web.store.engine import Store

__all__ = ["Store"]
