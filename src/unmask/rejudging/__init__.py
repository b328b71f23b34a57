"""Re-judging: which earlier verdicts change with another model, and why."""

from __future__ import annotations

from unmask.rejudging.change import Cause, Change, compare_results
from unmask.rejudging.page import changes_page
from unmask.rejudging.run import Plan, plan_rejudging, rejudge
from unmask.rejudging.table import write_changes

__all__ = [
    "Cause",
    "Change",
    "Plan",
    "changes_page",
    "compare_results",
    "plan_rejudging",
    "rejudge",
    "write_changes",
]
