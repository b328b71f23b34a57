"""Cancellation tokens, and the steps of progress."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tests.web.event_loop import run_in_new_loop
from unmask import Detector
from unmask.web.cancellation import CancellationToken, Step, StepProgress
from unmask.web.errors import ClientDisconnected
from unmask.web.inference_pool import InferencePool


def test_work_ends_when_its_request_is_cancelled(quick_detector: Detector) -> None:
    pool = InferencePool(quick_detector, 1, 8, 60.0)
    begun, ended = threading.Event(), threading.Event()
    token = CancellationToken()
    progress = StepProgress(token)

    def endless() -> None:
        try:
            for number in range(10**9):
                progress("work", number, 10**9)
                begun.set()
        finally:
            ended.set()

    async def cancel() -> None:
        task = asyncio.create_task(pool.run(endless, token))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        assert await asyncio.to_thread(ended.wait, 60)

    run_in_new_loop(cancel())
    pool.close()


def test_a_cancelled_token_ends_the_work_at_its_next_report() -> None:
    token = CancellationToken()
    progress = StepProgress(token)
    progress("map", 1, 2)
    token.cancel()
    with pytest.raises(ClientDisconnected):
        progress("map", 2, 2)
    assert token.checks == 1


def test_steps_are_numbered() -> None:
    steps: list[Step] = []
    progress = StepProgress(CancellationToken(), steps.append)
    for done, total in ((16, 32), (32, 32), (16, 254), (254, 254), (1, 1), (1, 1), (16, 254)):
        progress("inference", done, total)
    assert [step.step for step in steps] == [1, 1, 2, 2, 3, 4, 5]


def test_the_start_of_a_task_begins_a_step_and_is_not_reported() -> None:
    steps: list[Step] = []
    progress = StepProgress(CancellationToken(), steps.append)
    for task, done in (("map", 0), ("map", 8), ("map", 16), ("test", 0), ("test", 16), ("test", 0), ("test", 16)):
        progress(task, done, 16)
    assert steps == [Step(1, 8, 16), Step(1, 16, 16), Step(2, 16, 16), Step(3, 16, 16)]
