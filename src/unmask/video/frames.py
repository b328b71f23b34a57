"""Frames of a clip at a steady pace and at every new scene, decoded one by one: hours of video fit in memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.errors import CorruptImage, ImageTooLarge, NotAnImage
from unmask.images import Limits
from unmask.video.pyav import import_pyav

PACE = 0.5
"""Seconds between two frames of a short clip."""
MOST = 600
"""Frames of a clip at a steady pace; a longer clip is walked in longer steps."""
KEYFRAMES_FROM = 4.0
"""Seconds between frames from which only the clip's keyframes are decoded."""
CUT = 0.12
"""Mean difference of two frames' small grey copies, 0 to 1, that makes a new scene."""

SCENES, SPARE = 4, 20
"""New scenes that are looked at beside the steady pace: so many for each step so far, and these besides."""

Thumb = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Frame:
    """An upright RGB frame, its time in seconds, and whether a new scene begins with it."""

    time: float
    image: Image.Image
    cut: bool


class ClipReader:
    """A clip that is read once, from its beginning to its end.

    Attributes:
        width, height: of the upright frames in pixels; 0 before the first one.
        format: container, such as "MP4".
        duration: seconds up to the last frame met.
        errors: packets that could not be decoded.
    """

    def __init__(self, source: str | bytes, name: str, limits: Limits) -> None:
        """Open a file by its path or its bytes.

        Raises:
            NotAnImage: no clip that can be read, or one without pictures.
            ImageTooLarge: more pixels than the limits allow.
            MissingExtra: PyAV is not installed.
        """
        self.width = self.height = self.errors = 0
        self.duration = 0.0
        self._name = name
        self._av = import_pyav("judging clips")
        try:
            self._container = self._av.open(io.BytesIO(source) if isinstance(source, bytes) else source)
        except (self._av.error.FFmpegError, ValueError) as error:
            raise NotAnImage(f"{name}: not a clip unmask can read ({error.__class__.__name__})") from error
        if not self._container.streams.video:
            raise NotAnImage(f"{name}: has no pictures, only {self._container.format.long_name}")
        self._stream = self._container.streams.video[0]
        kind = self._container.format.name
        self.format = "MP4" if "mp4" in kind else kind.partition(",")[0].upper()
        context = self._stream.codec_context
        if context.width * context.height > limits.pixels:
            raise ImageTooLarge(f"{name}: frames of {context.width}×{context.height} are more than the limit")

    def frames(self) -> Iterator[Frame]:
        """The frames to judge: at a steady pace, and at new scenes as long as these do not come in a flicker.

        A scene that gets no frame of its own begins with the next frame that is taken.

        Raises:
            CorruptImage: not one frame can be decoded.
        """
        pace, due, before = self._pace(), 0.0, None
        cut, scenes, steady = False, 0, 0
        for frame in self._decoded(pace):
            time = float(frame.time) if frame.time is not None else due
            self.duration = max(self.duration, time)
            thumb = _thumb(frame)
            cut = cut or (before is not None and float(np.abs(thumb - before).mean()) > CUT)
            before = thumb
            if time >= due or (cut and scenes < SPARE + SCENES * time / pace):
                scenes += time < due
                steady += time >= due
                if steady > MOST:  # a clip that does not say how long it is
                    pace, steady = 2 * pace, steady // 2
                due = max(due, time) + (pace if time >= due else 0.0)
                yield Frame(time, self._upright(frame), cut)
                cut = False
        if not self.width:
            raise CorruptImage(f"{self._name}: not one frame can be decoded")

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _pace(self) -> float:
        length = self._container.duration
        return max(PACE, length / 1e6 / MOST) if length else PACE

    def _decoded(self, pace: float) -> Iterator[Any]:
        """Frames as they are decoded; packets that cannot be are counted and passed over."""
        self._stream.thread_type = "SLICE"
        self._stream.codec_context.thread_count = 1
        if pace >= KEYFRAMES_FROM:
            self._stream.codec_context.skip_frame = "NONKEY"
        packets = self._container.demux(self._stream)
        while True:
            try:
                yield from next(packets).decode()
            except StopIteration:
                return
            except self._av.error.EOFError:
                return
            except self._av.error.FFmpegError:
                self.errors += 1
                if self.errors > MOST:
                    return

    def _upright(self, frame: Any) -> Image.Image:
        image: Image.Image = frame.to_image()
        image = image.rotate(frame.rotation, expand=True) if frame.rotation else image
        self.width, self.height = image.size
        return image


def _thumb(frame: Any) -> Thumb:
    small: Thumb = frame.reformat(32, 32, "gray").to_ndarray().astype(np.float32) / 255
    return small
