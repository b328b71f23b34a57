"""The real server in a process of its own, for tests."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.conftest import MODEL

START_SECONDS = 90.0
"""Time limit for the start of a server on a busy machine."""


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment without the user's own settings, and with the fast model."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("UNMASK_")}
    own = {"XDG_CONFIG_HOME": str(folder), "UNMASK_DATA_DIR": str(folder / "data"), "UNMASK_MODEL": MODEL}
    return {**inherited, **own, **more}


class Server:
    """`unmask serve` with its own data folder; ends with the `with` block."""

    def __init__(
        self, folder: Path, *flags: str, port: int | None = None, host: str = "127.0.0.1", **variables: str
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.port = port or free_port()
        self.url = f"http://{host}:{self.port}"
        self.log = folder / "server.log"
        self._flags = ("--port", str(self.port), *flags)
        self._environment = environment(folder, **variables)
        self.process = self._start()
        self.client = httpx.Client(base_url=self.url, timeout=60)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "unmask", "serve", *self._flags]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)

    def wait(self) -> Self:
        """Wait until the server is ready."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).is_success:
                    return self
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the server did not get ready:\n{self.log.read_text()}")

    def restart(self) -> Self:
        """Start a new process on the same data after the old one ended."""
        self.process = self._start()
        return self.wait()

    def kill(self) -> None:
        """Kill the process without a shutdown."""
        self.process.kill()
        self.process.wait()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Suspend the process inside the `with` block. Data that it has sent still arrives."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    @contextmanager
    def slowed(self) -> Iterator[None]:
        """Suspend the process most of the time inside the `with` block, to watch its work."""
        done = threading.Event()

        def alternate() -> None:
            while not done.wait(0.01):
                with self.paused():
                    done.wait(0.2)

        thread = threading.Thread(target=alternate)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def stop(self) -> float:
        """Send SIGTERM; returns the seconds until the process ended."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)
        return time.monotonic() - started

    def key(self, name: str) -> str:
        """Make an API key."""
        return self.command("--add-key", name).strip()

    def command(self, *flags: str) -> str:
        """Run another `unmask serve` on the same data."""
        command = [sys.executable, "-m", "unmask", "serve", *flags]
        result = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=60, check=True)
        return result.stdout

    def detect(self, *files: tuple[str, bytes], **options: Any) -> httpx.Response:
        """Send pictures as a multipart form."""
        return self.client.post("/v1/detect", files=[("files", file) for file in files], **options)

    def __enter__(self) -> Self:
        return self.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
