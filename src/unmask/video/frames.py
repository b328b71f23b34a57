"""Reads a clip frame by frame: samples at a fixed interval and at every new scene, so hours of video fit in memory."""

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
from unmask.video.truncation import lacks_end

MIN_INTERVAL = 0.5
"""Seconds between two sampled frames of a short clip."""
MAX_SAMPLES = 600
"""Frames of a clip that are sampled at a fixed interval; a longer clip has a longer interval."""
KEYFRAMES_FROM = 4.0
"""Interval in seconds from which only the clip's keyframes are decoded."""
SCENE_CHANGE = 0.12
"""Mean difference of two frames' 32-pixel gray copies, from 0 to 1, from which a new scene begins."""

SCENES_PER_SAMPLE, EXTRA_SCENES = 4, 20
"""Limit for extra frames at new scenes: this many for each interval so far, plus a constant."""

GrayThumbnail = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Frame:
    """A sampled frame.

    Attributes:
        time: seconds from the start of the clip.
        image: upright RGB pixels.
        new_scene: whether a scene began since the sample before.
    """

    time: float
    image: Image.Image
    new_scene: bool


class ClipReader:
    """Samples the frames of one clip, once, from start to end.

    Attributes:
        width, height: of the upright frames in pixels; 0 before the first frame.
        format: container, such as "MP4".
        duration: time of the last decoded frame in seconds.
        errors: packets that could not be decoded.
    """

    def __init__(self, source: str | bytes, name: str, limits: Limits) -> None:
        """Open a clip.

        Args:
            source: a path, or the bytes of a file.
            name: the clip's name in error messages.
            limits: the largest frame to accept.

        Raises:
            NotAnImage: not a readable clip, or a file without video.
            CorruptImage: the end of the file is missing, and nothing can be read without it.
            ImageTooLarge: more pixels than the limits allow.
            MissingExtra: PyAV is not installed.
        """
        self.width = self.height = self.errors = 0
        self.duration = 0.0
        self._name = name
        self._av = import_pyav(f"{name}: a clip")
        self._lacks_end = _lacks_end(source)
        try:
            self._container = self._av.open(io.BytesIO(source) if isinstance(source, bytes) else source)
        except (self._av.error.FFmpegError, ValueError) as error:
            if self._lacks_end:
                raise CorruptImage(f"{name}: the end is missing; copy or download the file again") from error
            reason = getattr(error, "strerror", None) or error
            raise NotAnImage(f"{name}: not a clip that unmask can read ({reason})") from error
        self._stream = self._video_stream()
        kind = self._container.format.name
        self.format = "MP4" if "mp4" in kind else kind.partition(",")[0].upper()
        context = self._stream.codec_context
        if context is None:
            fault = "the end is missing" if self._lacks_end else "the video track names no codec"
            raise CorruptImage(f"{name}: {fault}; copy or download the file again")
        if context.width * context.height > limits.pixels:
            raise ImageTooLarge(f"{name}: frames of {context.width}×{context.height} are more than the limit")

    def frames(self) -> Iterator[Frame]:
        """Frames at a fixed interval, and the first frame of each new scene within the limit for such frames.

        If a scene's first frame is over the limit, the next sampled frame is marked as the start of a new scene.

        Raises:
            CorruptImage: no frame can be decoded.
        """
        interval, due, before = self._interval(), 0.0, None
        new_scene, scenes, samples = False, 0, 0
        for frame in self._decoded(interval):
            time = float(frame.time) if frame.time is not None else due
            self.duration = max(self.duration, time)
            thumbnail = gray_thumbnail(frame)
            new_scene = new_scene or (before is not None and begins_scene(before, thumbnail))
            before = thumbnail
            if time >= due or (new_scene and scenes < EXTRA_SCENES + SCENES_PER_SAMPLE * time / interval):
                scenes += time < due
                samples += time >= due
                if samples > MAX_SAMPLES:  # the container stated no duration
                    interval, samples = 2 * interval, samples // 2
                due = max(due, time) + (interval if time >= due else 0.0)
                yield Frame(time, self._upright(frame), new_scene)
                new_scene = False
        if not self.width:
            end = "; the end is missing" if self._lacks_end else ""
            raise CorruptImage(f"{self._name}: no frame can be decoded{end}")

    @property
    def damage(self) -> str | None:
        """What could not be read, in one line; None for an undamaged file."""
        packets = f"{self.errors} packet{'' if self.errors == 1 else 's'} could not be decoded" if self.errors else ""
        return "; ".join(filter(None, ("the end is missing" if self._lacks_end else "", packets))) or None

    @property
    def expected_frames(self) -> int:
        """Estimate of the number of sampled frames, by the duration that the container states; 0 if it states none."""
        length = self._container.duration
        return int(length / 1e6 / self._interval()) + 1 if length else 0

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def _video_stream(self) -> Any:
        """The first stream of moving pictures; the cover picture of a sound file is none.

        Raises:
            NotAnImage: there is no such stream.
            CorruptImage: there is no stream, because the end of the file is missing.
        """
        cover = self._av.stream.Disposition.attached_pic
        streams = [each for each in self._container.streams.video if not each.disposition & cover]
        if streams:
            return streams[0]
        kind = self._container.format.long_name
        sound = bool(self._container.streams.audio)
        self._container.close()
        if sound:
            raise NotAnImage(f"{self._name}: sound only, no pictures ({kind})")
        if self._lacks_end:
            raise CorruptImage(f"{self._name}: the end is missing; copy or download the file again")
        raise NotAnImage(f"{self._name}: has no pictures ({kind})")

    def _interval(self) -> float:
        """Seconds between two samples, by the duration that the container states."""
        length = self._container.duration
        return max(MIN_INTERVAL, length / 1e6 / MAX_SAMPLES) if length else MIN_INTERVAL

    def _decoded(self, interval: float) -> Iterator[Any]:
        """Decoded frames; packets that cannot be decoded are counted and skipped."""
        self._stream.thread_type = "SLICE"
        self._stream.codec_context.thread_count = 1
        if interval >= KEYFRAMES_FROM:
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
                if self.errors > MAX_SAMPLES:
                    return

    def _upright(self, frame: Any) -> Image.Image:
        image = upright_image(frame)
        self.width, self.height = image.size
        return image


def _lacks_end(source: str | bytes) -> bool:
    if isinstance(source, bytes):
        return lacks_end(io.BytesIO(source))
    try:
        with open(source, "rb") as stream:
            return lacks_end(stream)
    except OSError:
        return False


def upright_image(frame: Any) -> Image.Image:
    """A decoded frame of PyAV as an upright RGB image."""
    image: Image.Image = frame.to_image()
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image


def gray_thumbnail(frame: Any) -> GrayThumbnail:
    """A decoded frame of PyAV as 32 × 32 gray values from 0 to 1."""
    small: GrayThumbnail = frame.reformat(32, 32, "gray").to_ndarray().astype(np.float32) / 255
    return small


def begins_scene(before: GrayThumbnail, thumbnail: GrayThumbnail) -> bool:
    """Whether a new scene begins between two consecutive frames."""
    return float(np.abs(thumbnail - before).mean()) > SCENE_CHANGE
