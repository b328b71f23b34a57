"""A thread pool map that keeps the order of its results."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")


def parallel_map(work: Callable[[Given], Made], items: Iterable[Given], workers: int | None = None) -> Iterator[Made]:
    """Applies a function in threads and yields the results in input order.

    At most `2 * workers` items are read ahead of the results, so that a progress bar around `items` is nearly exact.

    Args:
        work: function of one item. It should release the interpreter lock, as decoding and inference do.
        items: inputs.
        workers: number of threads; default: the number of cores.
    """
    workers = workers or os.cpu_count() or 1
    pending: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) > 2 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
