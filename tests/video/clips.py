"""Clips made of still pictures: the camera pans and zooms, and a new picture is a new scene."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

from PIL import Image

Draw = Callable[[int], Image.Image]


def write_clip(path: Path, draw: Draw, frames: int, *, rate: int = 10, codec: str = "libx264") -> Path:
    """Encode `draw(0)`, `draw(1)`, … as a clip."""
    import av

    with av.open(str(path), "w") as container:
        first = draw(0)
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        stream.time_base = Fraction(1, rate)
        for number in range(frames):
            frame = av.VideoFrame.from_image(draw(number))
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def pan(pictures: Sequence[Image.Image], frames: int, size: tuple[int, int] = (320, 240)) -> Draw:
    """Each picture for an equal time, drifting sideways."""

    def draw(number: int) -> Image.Image:
        picture = pictures[number * len(pictures) // frames]
        shift = number % max(1, frames // len(pictures))
        ground = Image.new("RGB", size, (40, 60, 80))
        ground.paste(picture.resize((200, 200)), (20 + shift, 20))
        return ground

    return draw
