"""A process that judges: pickled items in on stdin, pickled findings out on stdout.

Started by `pool` as `python -m unmask.scanning.worker`. It speaks first once its detector is loaded, answers items in
the order they come, and ends when its input ends, so it never outlives the process that started it. The next items are
read from disk or network in threads while one is judged.
"""

from __future__ import annotations

import os
import pickle
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, BinaryIO

from unmask.errors import UnmaskError

if TYPE_CHECKING:
    from unmask.scanning.items import ScanItem
    from unmask.scanning.task import Opened, ScanWorker

    Task = tuple[ScanItem, Future[Opened]]

READY = "ready"
READERS = 4
"""Threads that read ahead."""


def main() -> None:
    """Serve the parent process until it closes the pipe."""
    inbox, outbox = sys.stdin.buffer, _own_stdout()
    job = pickle.load(inbox)  # noqa: S301
    try:
        from unmask.scanning.task import ScanWorker

        judge = ScanWorker(job)
    except UnmaskError as error:
        _send(outbox, error)
        return
    _send(outbox, READY)
    with ThreadPoolExecutor(READERS) as readers:
        queue: SimpleQueue[Task | None] = SimpleQueue()
        Thread(target=_receive, args=(inbox, judge, readers, queue), daemon=True).start()
        while task := queue.get():
            item, opened = task
            _send(outbox, judge.judge(item, opened.result()))


def _own_stdout() -> BinaryIO:
    """The pipe to the parent; whatever else prints to stdout lands on stderr."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return pipe


def _receive(inbox: BinaryIO, judge: ScanWorker, readers: ThreadPoolExecutor, queue: SimpleQueue[Task | None]) -> None:
    """Take items as they come and have them opened."""
    try:
        while True:
            item = pickle.load(inbox)  # noqa: S301
            queue.put((item, readers.submit(judge.open, item)))
    except (EOFError, pickle.UnpicklingError):
        queue.put(None)


def _send(outbox: BinaryIO, message: object) -> None:
    try:
        pickle.dump(message, outbox, pickle.HIGHEST_PROTOCOL)
        outbox.flush()
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
