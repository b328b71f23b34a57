"""The source of a stream, and how PyAV opens it."""

from __future__ import annotations

import os
import re
import stat
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from unmask.errors import UsageError
from unmask.streams.screen import DEVICES, display_is_open, screen_address

SCREEN = "screen"
"""The source that is the screen of this machine."""
SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "rtmps", "srt", "udp", "tcp")
"""Schemes of addresses."""
HTTP_PROTOCOLS = "http,https,httpproxy,tcp,tls,crypto,data"
"""Protocols that a playlist from the web may use: none that reads local files."""
DEVICE = re.compile(r"/dev/video\d+")


@dataclass(frozen=True, slots=True)
class StreamSource:
    """A file, a device, the screen, or an address.

    Attributes:
        address: as PyAV opens it.
        name: the address without name and password, for messages and events.
        scheme: of an address; "file", "device" or "screen" otherwise.
    """

    address: str
    name: str
    scheme: str

    @classmethod
    def parse(cls, text: str) -> StreamSource:
        """Read what a user typed.

        Raises:
            UsageError: neither an existing file or device, nor an address of a supported scheme, or there is no screen.
        """
        if text == SCREEN:
            return cls(screen_address(sys.platform, os.environ), SCREEN, SCREEN)
        if "://" in text:
            return cls._from_address(text)
        if os.path.isdir(text):
            raise UsageError(f"{text}: a folder; to judge the clips in it, run: unmask scan")
        if not os.path.exists(text):
            hint = (
                "; is the camera connected?" if DEVICE.fullmatch(text) else f"; addresses begin with {SCHEMES[0]}://, …"
            )
            raise UsageError(f"{text}: no such file or device{hint}")
        is_device = stat.S_ISCHR(os.stat(text).st_mode)
        return cls(text, text, "device" if is_device else "file")

    @classmethod
    def _from_address(cls, text: str) -> StreamSource:
        try:
            parts = urlsplit(text)
            valid = bool(parts.netloc) and parts.port != 0
        except ValueError:
            valid = False
        shown = redact(text)
        if not valid:
            raise UsageError(f"{shown}: not a valid address")
        if parts.scheme not in SCHEMES:
            raise UsageError(f"{shown}: the scheme is not supported; one of {', '.join(SCHEMES)}")
        return cls(text, shown, parts.scheme)

    @property
    def is_file(self) -> bool:
        """Whether the source is a file on this machine, which is read once."""
        return self.scheme == "file"

    @property
    def is_captured(self) -> bool:
        """Whether the source is a camera or the screen of this machine, which has no end."""
        return self.scheme in ("device", SCREEN)

    def is_present(self) -> bool:
        """Whether the screen is still there; always true for other sources, whose loss FFmpeg reports."""
        return self.scheme != SCREEN or sys.platform in ("win32", "darwin") or display_is_open(self.address)

    def open_arguments(self, timeout: float) -> dict[str, Any]:
        """Keyword arguments of `av.open`; `timeout` is in seconds."""
        if self.scheme == "device":
            return {"format": "v4l2", "timeout": timeout}
        if self.scheme == SCREEN:
            device, options = DEVICES[sys.platform]
            return {"format": device, "options": dict(options), "timeout": timeout}
        if self.is_file:
            return {"options": {"protocol_whitelist": "file,crypto,data"}}
        if self.scheme in ("http", "https"):
            return {"options": {"protocol_whitelist": HTTP_PROTOCOLS}, "timeout": timeout}
        options = {"rtsp_transport": "tcp"} if self.scheme in ("rtsp", "rtsps") else {}
        return {"options": options, "timeout": timeout}


def redact(text: str) -> str:
    """An address without name and password."""
    return re.sub(r"(?<=://)[^/?#]*@", "", text)
