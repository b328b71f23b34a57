"""The screen of this machine as a source: the capture device of FFmpeg by platform, and the state of an X display."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from contextlib import suppress

from unmask.errors import UsageError

FRAME_RATE = "10"
"""Frames per second that are captured; new scenes are found in them."""
DEVICES = {
    "linux": ("x11grab", {"framerate": FRAME_RATE, "draw_mouse": "0"}),
    "win32": ("gdigrab", {"framerate": FRAME_RATE, "draw_mouse": "0"}),
    "darwin": ("avfoundation", {"framerate": FRAME_RATE, "capture_cursor": "0"}),
}
"""Capture device of FFmpeg and its options by `sys.platform`."""
ADDRESSES = {"win32": "desktop", "darwin": "Capture screen 0:none"}
"""What the device captures where that is not the X display."""
CONNECT_SECONDS = 1.0


def screen_address(platform: str, environment: Mapping[str, str]) -> str:
    """What the capture device of a platform opens: the X display on Linux, the whole screen elsewhere.

    Raises:
        UsageError: the platform has no capture device, or there is no display.
    """
    if platform not in DEVICES:
        raise UsageError(f"screen: capturing the screen is not supported on {platform}; watch a stream instead")
    if platform in ADDRESSES:
        return ADDRESSES[platform]
    if not environment.get("DISPLAY"):
        raise UsageError("screen: no display; run the command in a desktop session, or set DISPLAY, such as DISPLAY=:0")
    return environment["DISPLAY"]


def display_is_open(display: str) -> bool:
    """Whether an X server listens for a display, such as ":0" or "localhost:10.0". True for names that are no display.

    FFmpeg repeats the last picture of a display that was closed, so this is asked again while it is captured.
    """
    found = re.fullmatch(r"(?P<host>[^:/]*):(?P<number>\d+)(\.\d+)?", display)
    if not found:
        return True
    host, number = found["host"], int(found["number"])
    if host not in ("", "unix"):
        return _listens(socket.AF_INET, (host, 6000 + number))
    path = f"/tmp/.X11-unix/X{number}"  # noqa: S108  the fixed place of X sockets
    return _listens(socket.AF_UNIX, path) or _listens(socket.AF_UNIX, f"\0{path}")


def _listens(family: socket.AddressFamily, address: str | tuple[str, int]) -> bool:
    with socket.socket(family) as connection, suppress(OSError):
        connection.settimeout(CONNECT_SECONDS)
        connection.connect(address)
        return True
    return False
