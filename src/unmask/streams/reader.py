"""Reads a stream in a thread of its own, and connects again with growing delays after a loss."""

from __future__ import annotations

import threading
from contextlib import closing

from unmask.errors import SourceError
from unmask.images import Limits
from unmask.streams.buffer import Connected, Disconnected, FrameBuffer
from unmask.streams.clock import StreamClock
from unmask.streams.config import StreamConfig
from unmask.streams.connection import Connection, StreamLost
from unmask.streams.source import StreamSource

FIRST_DELAY, MAX_DELAY = 1.0, 30.0
"""Seconds before the first attempt to connect again, and the largest number of seconds between two attempts."""


class StreamReader:
    """Fills a buffer with the frames of a source until it ends, is lost for good, or the buffer is closed.

    Attributes:
        buffer: receives frames and notices; it is closed with `SourceError` if the source is lost for good.
    """

    def __init__(self, source: StreamSource, config: StreamConfig, limits: Limits) -> None:
        self.buffer = FrameBuffer()
        self._source, self._config, self._limits = source, config, limits
        self._clock = StreamClock()
        self._thread = threading.Thread(target=self._run, name="stream", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """Close the buffer, and wait for the thread for at most some seconds."""
        self.buffer.close()
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self._read()
            self.buffer.close()
        except BaseException as error:
            self.buffer.close(error)

    def _read(self) -> None:
        """Read connection after connection.

        Raises:
            SourceError: the source cannot be opened, or was lost for good.
            MissingExtra: PyAV is not installed.
        """
        connected, failures = False, 0
        while True:
            try:
                with closing(Connection(self._source, self._limits, self._config.timeout)) as connection:
                    self._announce(connection)
                    connected = True
                    self._clock.restart()
                    for frame in connection.frames(self._clock, self._config.every):
                        failures = 0
                        if not self.buffer.put(frame, live=connection.duration is None and not self._source.is_file):
                            return
                return
            except StreamLost as lost:
                failures += 1
                self._wait_for_retry(str(lost), connected, failures)
                if self.buffer.wait_closed(0):
                    return

    def _announce(self, connection: Connection) -> None:
        notice = Connected(connection.format, connection.width, connection.height, connection.duration)
        self.buffer.put(notice)

    def _wait_for_retry(self, reason: str, connected: bool, failures: int) -> None:
        """Announce the loss, and wait.

        Raises:
            SourceError: there is no further attempt.
        """
        name = self._source.name
        if not connected:
            raise SourceError(f"{name}: cannot be opened ({reason})")
        if self._source.is_file:
            raise SourceError(f"{name}: cannot be read ({reason})")
        if failures > self._config.retries:
            self.buffer.put(Disconnected(reason, None, 0.0))
            attempts = self._config.retries
            raise SourceError(
                f"{name}: lost ({reason}) after {attempts} attempt{'' if attempts == 1 else 's'} to reconnect"
            )
        delay = min(MAX_DELAY, FIRST_DELAY * 2.0 ** min(failures - 1, 30))
        self.buffer.put(Disconnected(reason, failures, delay))
        self.buffer.wait_closed(delay)
