"""The program of a worker process: reads pickled items from stdin, writes pickled findings to stdout.

`worker_process` starts it as `python -m unmask.scanning.worker`. The first message in is the `ScanConfig`. The first
message out is `READY`, once the detector is loaded, or the error that loading it raised. Findings come in the order of
the items. Threads read the next items while the detector runs. The process ends when its stdin is closed, so it cannot
outlive its parent.
"""

from __future__ import annotations

import os
import pickle
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, BinaryIO

from unmask._decoder_warnings import hide_decoder_warnings
from unmask.errors import UnmaskError

if TYPE_CHECKING:
    from unmask.scanning.items import ScanItem
    from unmask.scanning.task import Opened, ScanWorker

    OpenedItem = tuple[ScanItem, Future[Opened]]

READY = "ready"
READER_THREADS = 4
"""Threads that read items ahead."""


def main() -> None:
    """Process items until the parent closes the pipe."""
    inbox, outbox = sys.stdin.buffer, _redirect_stdout()
    hide_decoder_warnings()
    config = pickle.load(inbox)  # noqa: S301
    try:
        from unmask.scanning.task import ScanWorker

        worker = ScanWorker(config)
    except UnmaskError as error:
        _send(outbox, error)
        return
    _send(outbox, READY)
    with ThreadPoolExecutor(READER_THREADS) as readers:
        queue: SimpleQueue[OpenedItem | None] = SimpleQueue()
        Thread(target=_receive, args=(inbox, worker, readers, queue), daemon=True).start()
        while entry := queue.get():
            item, opened = entry
            _send(outbox, worker.predict(item, opened.result()))


def _redirect_stdout() -> BinaryIO:
    """The pipe to the parent; everything else that prints to stdout goes to stderr from now on."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return pipe


def _receive(
    inbox: BinaryIO, worker: ScanWorker, readers: ThreadPoolExecutor, queue: SimpleQueue[OpenedItem | None]
) -> None:
    """Read items from the parent and open each in a reader thread; None marks the end of the input."""
    try:
        while True:
            item = pickle.load(inbox)  # noqa: S301
            queue.put((item, readers.submit(worker.open, item)))
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
