"""A picture as a frame of a video shows it: encoded by a video codec, most of it foretold from the frame before.

Needs PyAV (the extra `video`). What such codecs leave differs from JPEG: blocks are smoothed at their edges, fine noise
is dropped, and what the codec copies from a moved frame keeps that frame's losses.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from numpy.random import Generator
from PIL import Image

from unmask.video.pyav import pyav

H264_CRF = 20, 38
"""Constant rate factors, both ends included: nearly as filmed to what a messenger sends."""
MPEG4_QUANTISER = 3, 10
MPEG4_SHARE = 0.15
"""How often the older MPEG-4 Part 2 is taken."""
LARGEST_MOVE = 3.0
"""Pixels by which the frame before is moved, at most, to either side."""
PRESETS = "ultrafast", "veryfast", "fast"


def film(image: Image.Image, rng: Generator) -> Image.Image:
    """An RGB picture as the second frame of a clip in which it has moved a little; the same size.

    Raises:
        MissingExtra: PyAV is not installed.
    """
    width, height = image.width + image.width % 2, image.height + image.height % 2
    frame = image if image.size == (width, height) else image.resize((width, height), Image.Resampling.BICUBIC)
    before = _moved(frame, *rng.uniform(-LARGEST_MOVE, LARGEST_MOVE, 2))
    if rng.random() < MPEG4_SHARE:
        quantiser = str(int(rng.integers(MPEG4_QUANTISER[0], MPEG4_QUANTISER[1] + 1)))
        filmed = _through("mpeg4", {"qmin": quantiser, "qmax": quantiser}, before, frame)
    else:
        crf = str(int(rng.integers(H264_CRF[0], H264_CRF[1] + 1)))
        options = {"crf": crf, "preset": str(rng.choice(PRESETS)), "tune": "zerolatency"}
        filmed = _through("h264", options, before, frame)
    return filmed if filmed.size == image.size else filmed.resize(image.size, Image.Resampling.BICUBIC)


def _moved(image: Image.Image, right: float, down: float) -> Image.Image:
    matrix = (1, 0, -right, 0, 1, -down)
    return image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _through(codec: str, options: dict[str, str], *frames: Image.Image) -> Image.Image:
    """The last of some frames of one size, after encoding and decoding all of them."""
    av = pyav("filming pictures")
    encoder = av.CodecContext.create("libx264" if codec == "h264" else codec, "w")
    encoder.width, encoder.height = frames[0].size
    encoder.pix_fmt, encoder.time_base, encoder.thread_count, encoder.options = "yuv420p", Fraction(1, 25), 1, options
    packets: list[Any] = []
    for number, image in enumerate(frames):
        frame = av.VideoFrame.from_image(image)
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    decoder = av.CodecContext.create(codec, "r")
    decoder.thread_count, decoder.extradata = 1, encoder.extradata
    decoded = [frame for packet in packets for frame in decoder.decode(packet)] + decoder.decode(None)
    filmed: Image.Image = decoded[-1].to_image()
    return filmed
