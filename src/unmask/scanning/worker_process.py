"""The parent's handle of one worker process."""

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
Messages = SimpleQueue[tuple["WorkerProcess", Any]]
"""What workers have sent, each with its sender; None is the last message of a worker that has ended."""


class WorkerProcess:
    """A worker process.

    Attributes:
        pending: submitted items without a finding, in the order in which their findings will come.
        ready: whether the worker has loaded its detector.
    """

    def __init__(self, config: ScanConfig, messages: Messages) -> None:
        """Start the process.

        It runs in a session of its own, so that a Ctrl-C in the terminal does not reach it.

        Args:
            config: sent to the worker as its first message.
            messages: receives what the worker sends, and None when it has ended.
        """
        self.pending: deque[NumberedItem] = deque()
        self.ready = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "unmask.scanning.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            start_new_session=True,
        )
        Thread(target=self._receive, args=(messages,), daemon=True).start()
        self._send(config)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def submit(self, numbered: NumberedItem) -> None:
        """Send one more item."""
        self.pending.append(numbered)
        self._send(numbered[1])

    def kill(self) -> str:
        """Kill the process and close its pipes; returns the signal name or exit status it ended with."""
        self._process.kill()
        status = self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        if status < 0:
            return signal.Signals(-status).name
        return f"exit status {status}"

    def _send(self, message: object) -> None:
        """Send a message; if the process has ended, `_receive` reports it."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            pickle.dump(message, self._process.stdin, pickle.HIGHEST_PROTOCOL)
            self._process.stdin.flush()

    def _receive(self, messages: Messages) -> None:
        assert self._process.stdout is not None
        try:
            while True:
                messages.put((self, pickle.load(self._process.stdout)))  # noqa: S301
        except Exception:
            messages.put((self, None))
