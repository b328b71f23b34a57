"""Runs coroutines for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def run_in_new_loop(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a thread of its own, because another test may have left an event loop in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
