"""The parent's side of one worker process: start it, give it items, hear what it says, notice when it is gone."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from queue import SimpleQueue
from threading import Thread
from typing import Any

from unmask.scanning.items import ScanItem
from unmask.scanning.task import ScanConfig

NumberedItem = tuple[int, ScanItem]


class WorkerProcess:
    """A worker process.

    Attributes:
        given: items it has not answered yet, in the order it will.
        ready: whether its detector is loaded.
    """

    def __init__(self, job: ScanConfig, news: SimpleQueue[tuple[WorkerProcess, Any]]) -> None:
        """Start it; what it says arrives in `news`, and None as the last word when it is gone.

        It leads a session of its own, so that a Ctrl-C in the terminal does not reach it.
        """
        self.given: deque[NumberedItem] = deque()
        self.ready = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "unmask.scanning.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            start_new_session=True,
        )
        Thread(target=self._listen, args=(news,), daemon=True).start()
        self._send(job)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def give(self, task: NumberedItem) -> None:
        """Hand it one more item."""
        self.given.append(task)
        self._send(task[1])

    def end(self) -> str:
        """Stop it at once and tidy up; how it ended, for people."""
        self._process.kill()
        status = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        if status < 0:
            return signal.Signals(-status).name
        return f"exit status {status}"

    def _send(self, message: object) -> None:
        """Say something; that it is gone will be heard by `_listen`."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            pickle.dump(message, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()

    def _listen(self, news: SimpleQueue[tuple[WorkerProcess, Any]]) -> None:
        assert self._process.stdout is not None
        try:
            while True:
                news.put((self, pickle.load(self._process.stdout)))  # noqa: S301
        except Exception:
            news.put((self, None))
