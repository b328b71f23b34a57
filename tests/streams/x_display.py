"""A virtual X display that shows pictures: Xvfb, whose frame buffer is a file."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from PIL import Image

COLOR_BYTES = 12
"""Size of an entry of the color table of an X window dump."""


class XDisplay:
    """A running Xvfb.

    Attributes:
        name: of the display, such as ":3".
    """

    def __init__(self, folder: Path, size: tuple[int, int] = (640, 480)) -> None:
        program = shutil.which("Xvfb")
        if program is None:
            pytest.skip("Xvfb is not installed: apt-get install xvfb")
        screen = ["-screen", "0", f"{size[0]}x{size[1]}x24", "-fbdir", str(folder)]
        self._process = subprocess.Popen(
            [program, "-displayfd", "1", "-nolisten", "tcp", "-noreset", *screen],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.name = f":{self._process.stdout.readline().strip()}"
        self._dump = folder / "Xvfb_screen0"

    def show(self, image: Image.Image) -> None:
        """Draw an image over the whole screen."""
        with self._dump.open("r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
            header = struct.unpack_from(">25I", memory)
            begin, width, height, row_bytes = header[0] + COLOR_BYTES * header[19], header[4], header[5], header[12]
            pixels = image.convert("RGB").resize((width, height)).tobytes("raw", "BGRX")
            for row in range(height):
                at = begin + row * row_bytes
                memory[at : at + 4 * width] = pixels[4 * width * row : 4 * width * (row + 1)]

    def close(self) -> None:
        """End Xvfb."""
        self._process.terminate()
        self._process.wait()
