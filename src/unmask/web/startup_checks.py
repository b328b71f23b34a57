"""The required checks of `unmask doctor` as part of the readiness of the server."""

from __future__ import annotations

import asyncio

from unmask.doctor import CheckResult, required_checks


class StartupChecks:
    """Runs the checks once, in a thread, and keeps the failed ones."""

    def __init__(self) -> None:
        self._task: asyncio.Task[list[CheckResult]] | None = None

    def start(self) -> asyncio.Task[list[CheckResult]]:
        """Start the checks, unless they were started before."""
        if self._task is None:
            self._task = asyncio.create_task(asyncio.to_thread(_failed_checks))
        return self._task

    async def failures(self) -> list[CheckResult]:
        """Wait for the checks; returns those that failed."""
        return await asyncio.shield(self.start())


def _failed_checks() -> list[CheckResult]:
    return [result for result in required_checks() if result.ok is False]
