"""One connection to a source: opens it, decodes it, and samples its frames."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from unmask.images import Limits
from unmask.streams.clock import StreamClock
from unmask.streams.source import StreamSource
from unmask.video.frames import Frame, begins_scene, gray_thumbnail, upright_image
from unmask.video.pyav import import_pyav

END_TOLERANCE = 1.5
"""Seconds before the stated end of a recording from which its end counts as reached."""
MAX_DECODING_ERRORS = 500
"""Packets in a row that cannot be decoded, after which a connection counts as lost."""
WITHOUT_TIMESTAMPS = ("mpjpeg", "mjpeg", "v4l2")
"""Formats whose timestamps are missing or invented; the wall clock is used instead."""


class StreamLost(Exception):
    """The connection cannot be made, was lost, or carries nothing that can be decoded; the message is the reason."""


class Connection:
    """An open source.

    Attributes:
        format: container or protocol, such as "rtsp".
        width, height: of the frames as stored, in pixels.
        duration: seconds of a recording; None for a live source.
    """

    def __init__(self, source: StreamSource, limits: Limits, timeout: float) -> None:
        """Open a source.

        Args:
            source: the source.
            limits: the largest frame to accept.
            timeout: seconds without data after which the connection counts as lost.

        Raises:
            StreamLost: it cannot be opened, has no pictures, or its frames are too large.
            MissingExtra: PyAV is not installed.
        """
        self._av = import_pyav(f"{source.name}: a stream")
        self._source = source
        self._require_screen()
        try:
            self._container = self._av.open(source.address, **source.open_arguments(timeout))
        except (self._av.error.FFmpegError, ValueError) as error:
            raise StreamLost(self._reason(error)) from None
        try:
            self._stream = self._video_stream(limits)
        except BaseException:
            self._container.close()
            raise
        names: str = self._container.format.name
        self.format = next((each for each in ("mp4", "v4l2") if each in names), names.partition(",")[0])
        length = self._container.duration
        self.duration = length / 1e6 if length and length > 0 and not source.is_captured else None

    def frames(self, clock: StreamClock, every: float) -> Iterator[Frame]:
        """Sampled frames with their positions. A recording that was read before continues after its last frame.

        The frames in between are decoded, too, to find new scenes; the first frame of a connection begins one.

        Args:
            clock: of the whole watch.
            every: seconds between two samples.

        Raises:
            StreamLost: the connection was lost. A recording that was read to its end just ends.
        """
        begin = clock.position
        if self.duration is not None and begin > 0:
            with suppress(self._av.error.FFmpegError, OSError):  # without it, frames are decoded from the start
                self._container.seek(int(begin * 1e6))
        due, before, new_scene = begin, None, True
        for frame in self._decoded(clock):
            position = self._position(frame, clock)
            if self.duration is not None and position <= begin > 0:
                continue
            thumbnail = gray_thumbnail(frame)
            new_scene = new_scene or (before is not None and begins_scene(before, thumbnail))
            before = thumbnail
            if position >= due:
                self._require_screen()
                due = max(due + every, position + every / 2)
                yield Frame(position, upright_image(frame), new_scene)
                new_scene = False

    def close(self) -> None:
        """Close the source."""
        self._container.close()

    def _position(self, frame: Any, clock: StreamClock) -> float:
        if self.duration is None:
            return clock.advance(None if self.format in WITHOUT_TIMESTAMPS else frame.time)
        clock.position = max(clock.position, frame.time or 0.0)
        return clock.position

    def _decoded(self, clock: StreamClock) -> Iterator[Any]:
        """Decoded frames; packets that cannot be decoded are skipped."""
        errors, packets = 0, self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except self._av.error.EOFError:
                packet = None
            except self._av.error.FFmpegError as error:
                if self._is_read(clock):
                    return
                raise StreamLost(self._reason(error)) from None
            if packet is None:
                if self._is_read(clock):
                    return
                raise StreamLost("the stream ended")
            try:
                yield from packet.decode()
                errors = 0
            except self._av.error.EOFError:
                continue
            except self._av.error.FFmpegError as error:
                errors += 1
                if errors > MAX_DECODING_ERRORS:
                    raise StreamLost(f"the pictures cannot be decoded ({self._reason(error)})") from None

    def _is_read(self, clock: StreamClock) -> bool:
        """Whether a recording was read to its end; a local file always is."""
        if self._source.is_file:
            return True
        return self.duration is not None and clock.position >= self.duration - END_TOLERANCE

    def _video_stream(self, limits: Limits) -> Any:
        streams = self._container.streams.video
        if not streams:
            raise StreamLost("it has no pictures")
        stream = streams[0]
        context = stream.codec_context
        if context is None:
            raise StreamLost("the codec of the pictures is not supported")
        self.width, self.height = context.width, context.height
        if self.width * self.height > limits.pixels:
            raise StreamLost(
                f"frames of {self.width}×{self.height} are more than the limit of {limits.pixels:,} pixels"
            )
        stream.thread_type = "SLICE"
        return stream

    def _require_screen(self) -> None:
        """Raise `StreamLost` if the source is a screen that is not there."""
        if not self._source.is_present():
            raise StreamLost(f"no display {self._source.address}")

    def _reason(self, error: Exception) -> str:
        device = self._source.open_arguments(0.0).get("format") if self._source.is_captured else None
        if device and isinstance(error, ValueError):
            return f"PyAV has no {device} here; install it from PyPI: pip install --force-reinstall av"
        if device == "v4l2" and isinstance(error, PermissionError):
            return "permission denied; add your user to the group of the device, mostly `video`"
        if device and isinstance(error, OSError) and error.errno == errno.EIO:
            return f"{device} cannot read {self._source.address}"
        if isinstance(error, self._av.error.ExitError):
            return "no data arrived within the timeout"
        if isinstance(error, OSError) and error.errno == errno.EIO and not self._source.is_file:
            return "the connection was dropped"
        return str(getattr(error, "strerror", None) or error)
