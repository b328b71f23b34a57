"""Work spread over all cores whose results come back in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def in_order(work: Callable[[Given], Made], items: Iterable[Given], workers: int | None = None) -> Iterator[Made]:
    """Applies `work` in threads; items are drawn a few ahead of the results, so a progress bar tells the truth.

    Args:
        work: decoding and inference leave the interpreter's lock, so threads suffice.
        items: what to work on.
        workers: number of threads; as many as there are cores where left out.
    """
    workers = workers or os.cpu_count() or 1
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
