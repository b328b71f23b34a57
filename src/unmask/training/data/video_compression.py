"""Video compression as augmentation: inter-frame (P-frame) compression by H.264 or MPEG-4.

Needs PyAV (the extra `video`). Artifacts differ from JPEG: deblocking smooths block edges, fine noise is dropped, and
motion compensation copies the losses of the frame before.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from numpy.random import Generator
from PIL import Image

from unmask.video.pyav import import_pyav

H264_CRF = 20, 38
"""Range of the constant rate factor, both ends included: nearly lossless to strong compression."""
MPEG4_QUANTIZER = 3, 10
MPEG4_SHARE = 0.15
"""Probability of MPEG-4 Part 2 instead of H.264."""
MAX_SHIFT = 3.0
"""Largest shift of the frame before, in pixels, in either direction."""
PRESETS = "ultrafast", "veryfast", "fast"


def encode_as_video_frame(image: Image.Image, rng: Generator) -> Image.Image:
    """An RGB image as the second frame of a clip with a slight shift; same size.

    Raises:
        MissingExtra: PyAV is not installed.
    """
    width, height = image.width + image.width % 2, image.height + image.height % 2
    frame = image if image.size == (width, height) else image.resize((width, height), Image.Resampling.BICUBIC)
    before = _shifted(frame, *rng.uniform(-MAX_SHIFT, MAX_SHIFT, 2))
    if rng.random() < MPEG4_SHARE:
        quantizer = str(int(rng.integers(MPEG4_QUANTIZER[0], MPEG4_QUANTIZER[1] + 1)))
        encoded = _transcode("mpeg4", {"qmin": quantizer, "qmax": quantizer}, before, frame)
    else:
        crf = str(int(rng.integers(H264_CRF[0], H264_CRF[1] + 1)))
        options = {"crf": crf, "preset": str(rng.choice(PRESETS)), "tune": "zerolatency"}
        encoded = _transcode("h264", options, before, frame)
    return encoded if encoded.size == image.size else encoded.resize(image.size, Image.Resampling.BICUBIC)


def _shifted(image: Image.Image, right: float, down: float) -> Image.Image:
    matrix = (1, 0, -right, 0, 1, -down)
    return image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _transcode(codec: str, options: dict[str, str], *frames: Image.Image) -> Image.Image:
    """The last of several frames of one size, after encoding and decoding all of them."""
    av = import_pyav("augmentation.video")
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
    encoded: Image.Image = decoded[-1].to_image()
    return encoded
