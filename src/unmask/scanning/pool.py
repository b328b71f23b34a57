"""A pool of worker processes that replaces those that crash.

When a worker crashes, its pending items are retried one at a time, each alone in a worker. An item during which
`MAX_CRASHES` workers crash becomes a finding with a failure.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from queue import Empty, SimpleQueue

from unmask.errors import UnmaskError, WorkerError
from unmask.scanning.task import ScanConfig
from unmask.scanning.worker import READY
from unmask.scanning.worker_process import Messages, NumberedItem, WorkerProcess
from unmask.verdict import Failure, Finding

QUEUE_DEPTH = 6
"""Pending items per worker: one is being judged, the others are being read."""
POLL_TIMEOUT = 0.2
"""Seconds to wait for a message before `run` yields None."""
MAX_FAILED_STARTS = 3
"""Workers in a row that may crash before they are ready."""
MAX_CRASHES = 2
"""Crashes during one item after which it is not retried."""

NumberedFinding = tuple[int, Finding]


class WorkerPool:
    """Up to `size` worker processes; a context manager that kills them on exit."""

    def __init__(self, config: ScanConfig, size: int) -> None:
        self._config = config
        self._size = max(1, size)
        self._workers: list[WorkerProcess] = []
        self._messages: Messages = SimpleQueue()
        self._queue: deque[NumberedItem] = deque()
        self._retries: deque[NumberedItem] = deque()
        self._crashes: dict[int, int] = {}
        self._failed_starts = 0

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.kill()
        self._workers.clear()

    def run(self, items: Iterator[NumberedItem | None]) -> Iterator[NumberedFinding | None]:
        """Judge numbered items.

        Args:
            items: the items; None means that there is no item at the moment.

        Yields:
            Findings in the order of completion; None if none was completed within `POLL_TIMEOUT`.

        Raises:
            ModelError, OutputError: the detector or the cache cannot be opened.
            WorkerError: workers crash before they are ready.
        """
        more = True
        while True:
            more = more and self._fill_queue(items)
            self._assign()
            if not more and self._is_idle():
                return
            yield self._receive()

    def _fill_queue(self, items: Iterator[NumberedItem | None]) -> bool:
        """Take as many items as the workers can hold; returns False once there are no more."""
        free = self._size * QUEUE_DEPTH - len(self._queue) - sum(len(worker.pending) for worker in self._workers)
        for _ in range(free):
            try:
                numbered = next(items)
            except StopIteration:
                return False
            if numbered is None:
                return True
            self._queue.append(numbered)
        return True

    def _is_idle(self) -> bool:
        return not (self._queue or self._retries or any(worker.pending for worker in self._workers))

    def _assign(self) -> None:
        """Submit items to the workers with the fewest pending ones; start a worker if all others are busy."""
        idle = [worker for worker in self._workers if not worker.pending]
        if (self._queue or self._retries) and not idle and len(self._workers) < self._size:
            self._workers.append(WorkerProcess(self._config, self._messages))
        for worker in self._workers:
            if self._retries and worker.ready and not worker.pending:
                worker.submit(self._retries.popleft())
        for depth in range(QUEUE_DEPTH):
            for worker in self._workers:
                if self._queue and worker.ready and len(worker.pending) <= depth and not self._is_retrying(worker):
                    worker.submit(self._queue.popleft())

    def _is_retrying(self, worker: WorkerProcess) -> bool:
        """Whether a worker retries an item, and so must get no other one."""
        return any(number in self._crashes for number, _ in worker.pending)

    def _receive(self) -> NumberedFinding | None:
        """Wait for the next message of a worker and handle it."""
        try:
            worker, message = self._messages.get(timeout=POLL_TIMEOUT)
        except Empty:
            return None
        if message is None:
            return self._remove(worker)
        if isinstance(message, UnmaskError):
            raise message
        if message == READY:
            worker.ready, self._failed_starts = True, 0
            return None
        number, _ = worker.pending.popleft()
        self._crashes.pop(number, None)
        return number, message

    def _remove(self, worker: WorkerProcess) -> NumberedFinding | None:
        """Remove a crashed worker and requeue its items; returns the failure of an item that is not retried."""
        cause = worker.kill()
        self._workers.remove(worker)
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= MAX_FAILED_STARTS:
                raise WorkerError(f"the worker processes cannot start ({cause}); run `unmask doctor` to find out why")
        given_up = self._count_crash(worker)
        self._retries.extend(worker.pending)
        if given_up is None:
            return None
        number, item = given_up
        message = f"{item.path}: the worker process crashed ({cause}); the file may be damaged, or memory too small"
        return number, Finding(item.path, Failure(WorkerError.code, message))

    def _count_crash(self, worker: WorkerProcess) -> NumberedItem | None:
        """Count a crash against the item being judged; returns that item after `MAX_CRASHES` crashes."""
        for number, _ in worker.pending:
            self._crashes.setdefault(number, 0)
        if not worker.pending:
            return None
        number = worker.pending[0][0]
        self._crashes[number] += 1
        if self._crashes[number] < MAX_CRASHES:
            return None
        del self._crashes[number]
        return worker.pending.popleft()
