"""Stops a server process whose parent process was killed, so that none keeps the port without a supervisor."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading

log = logging.getLogger("unmask.web")


def stop_with_parent() -> None:
    """Watch the parent process from a thread; a server that is the only process has none."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        log.warning("the parent process was killed; stopping")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent watch", daemon=True).start()
