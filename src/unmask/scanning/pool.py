"""Worker processes: started when there is work for them, replaced when they die.

When a worker dies, the items it held are tried again, each alone in a worker, so that none is blamed for another. One
at which workers die twice becomes a problem.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from typing import Any

from unmask.errors import UnmaskError, WorkerError
from unmask.scanning.task import ScanConfig
from unmask.scanning.worker import READY
from unmask.scanning.worker_process import NumberedItem, WorkerProcess
from unmask.verdict import Failure, Finding

DEPTH = 6
"""Items a worker holds, the one it judges included; the others are being read meanwhile."""
PATIENCE = 0.2
"""Seconds without news after which the caller gets a word in."""
FALSE_STARTS = 3
"""Workers in a row that may die before they are ready."""
DEATHS = 2
"""Workers that die at an item before it is given up."""

Answer = tuple[int, Finding]


class WorkerPool:
    """Up to `size` worker processes on one job. A context manager: leaving it stops them."""

    def __init__(self, job: ScanConfig, size: int) -> None:
        self._job = job
        self._size = max(1, size)
        self._workers: list[WorkerProcess] = []
        self._news: SimpleQueue[tuple[WorkerProcess, Any]] = SimpleQueue()
        self._waiting: deque[NumberedItem] = deque()
        self._suspects: deque[NumberedItem] = deque()
        self._deaths: dict[int, int] = {}
        self._false_starts = 0

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()
        self._workers.clear()

    def run(self, tasks: Iterator[NumberedItem | None]) -> Iterator[Answer | None]:
        """Judge numbered items.

        Args:
            tasks: the items; None stands for "nothing at this moment".

        Yields:
            Answers as they are completed; None now and then while there are none.

        Raises:
            ModelError, OutputError: the detector or the cache cannot be opened.
            WorkerError: workers die before they are ready.
        """
        more = True
        while True:
            more = more and self._take(tasks)
            self._hand_out()
            if not more and self._idle():
                return
            yield self._hear()

    def _take(self, tasks: Iterator[NumberedItem | None]) -> bool:
        """Take as many items as can be handed out; whether there may be more."""
        free = self._size * DEPTH - len(self._waiting) - sum(len(worker.given) for worker in self._workers)
        for _ in range(free):
            try:
                task = next(tasks)
            except StopIteration:
                return False
            if task is None:
                return True
            self._waiting.append(task)
        return True

    def _idle(self) -> bool:
        return not (self._waiting or self._suspects or any(worker.given for worker in self._workers))

    def _hand_out(self) -> None:
        """Give items to the workers that hold fewest; start a worker where all others have something to do."""
        free = [worker for worker in self._workers if not worker.given]
        if (self._waiting or self._suspects) and not free and len(self._workers) < self._size:
            self._workers.append(WorkerProcess(self._job, self._news))
        for worker in self._workers:
            if self._suspects and worker.ready and not worker.given:
                worker.give(self._suspects.popleft())
        for depth in range(DEPTH):
            for worker in self._workers:
                if self._waiting and worker.ready and len(worker.given) <= depth and not self._is_trial(worker):
                    worker.give(self._waiting.popleft())

    def _is_trial(self, worker: WorkerProcess) -> bool:
        """Whether a worker judges a suspect, which must be alone."""
        return any(number in self._deaths for number, _ in worker.given)

    def _hear(self) -> Answer | None:
        """Wait for the next message and act on it."""
        try:
            worker, message = self._news.get(timeout=PATIENCE)
        except Empty:
            return None
        if message is None:
            return self._replace(worker)
        if isinstance(message, UnmaskError):
            raise message
        if message == READY:
            worker.ready, self._false_starts = True, 0
            return None
        number, _ = worker.given.popleft()
        self._deaths.pop(number, None)
        return number, message

    def _replace(self, worker: WorkerProcess) -> Answer | None:
        """Bury a dead worker; what it held will be tried again, unless too many have died at it."""
        cause = worker.end()
        self._workers.remove(worker)
        if not worker.ready:
            self._false_starts += 1
            if self._false_starts >= FALSE_STARTS:
                raise WorkerError(f"the processes that judge cannot start ({cause}); `unmask doctor` may say why")
        given_up = self._blame(worker)
        self._suspects.extend(worker.given)
        if given_up is None:
            return None
        number, item = given_up
        message = f"{item.path}: the process judging it died ({cause}); a damaged file, or too little memory"
        return number, Finding(item.path, Failure(WorkerError.code, message))

    def _blame(self, worker: WorkerProcess) -> NumberedItem | None:
        """Put a death down to the item that was being judged; take it out where it is to be given up."""
        for number, _ in worker.given:
            self._deaths.setdefault(number, 0)
        if not worker.given:
            return None
        number = worker.given[0][0]
        self._deaths[number] += 1
        if self._deaths[number] < DEATHS:
            return None
        del self._deaths[number]
        return worker.given.popleft()
