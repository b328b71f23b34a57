"""The screen of this machine as a source: its display, its capture device, and its loss."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from tests.conftest import Run
from tests.streams.x_display import XDisplay
from unmask import Detector
from unmask.errors import SourceError, UsageError
from unmask.streams import StreamConfig, StreamSource, watch_stream
from unmask.streams.screen import DEVICES, display_is_open, screen_address

CONFIG = StreamConfig(every=0.3, window=5.0, retries=0)
linux = pytest.mark.skipif(sys.platform != "linux", reason="X displays of Linux")


def on_screen(face: Image.Image, ground: str) -> Image.Image:
    image = Image.new("RGB", (640, 480), ground)
    image.paste(face.resize((300, 300)), (60, 60))
    return image


@pytest.fixture
def display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[XDisplay]:
    display = XDisplay(tmp_path)
    monkeypatch.setenv("DISPLAY", display.name)
    yield display
    display.close()


@linux
@pytest.mark.integration
def test_faces_on_the_screen_are_judged_until_the_display_is_closed(
    display: XDisplay, detector: Detector, real_face: Image.Image, fake_face: Image.Image
) -> None:
    screens = {"real": on_screen(fake_face, "white"), "fake": None}
    display.show(on_screen(real_face, "navy"))
    stop = threading.Event()
    limit = threading.Timer(15.0, stop.set)
    limit.start()
    found: list[dict[str, Any]] = []

    def watch() -> None:
        for event in watch_stream(detector, StreamSource.parse("screen"), CONFIG, stop=stop):
            found.append(event)
            if event["type"] == "stream.verdict" and event["data"]["label"] in screens:
                following = screens.pop(event["data"]["label"])
                display.show(following) if following else display.close()

    with pytest.raises(SourceError, match=rf"^screen: lost \(no display {display.name}\)"):
        watch()
    limit.cancel()
    connected, *_, summary = (event["data"] for event in found)
    assert (connected["source"], connected["format"], connected["width"]) == ("screen", "x11grab", 640)
    assert connected["duration"] is None
    assert summary["tracks"]["real"] == summary["tracks"]["fake"] == 1


@linux
def test_a_display_that_does_not_exist_is_one_line(fast_cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, code, message in (
        ("", 2, "screen: no display; run the command in a desktop session, or set DISPLAY"),
        (":987", 1, "screen: cannot be opened (no display :987)"),
        ("nonsense", 1, "screen: cannot be opened (x11grab cannot read nonsense)"),
    ):
        monkeypatch.setenv("DISPLAY", name)
        done = fast_cli("watch-stream", "screen")
        assert (done.returncode, done.stdout) == (code, "")
        assert done.stderr.startswith(f"unmask: {message}")
        assert done.stderr.count("\n") == 1


@linux
def test_a_display_of_another_host_is_asked_over_the_network() -> None:
    assert not display_is_open("127.0.0.1:987.0")
    assert display_is_open("nonsense")


@pytest.mark.parametrize(
    ("platform", "address", "device"),
    [("linux", ":7", "x11grab"), ("win32", "desktop", "gdigrab"), ("darwin", "Capture screen 0:none", "avfoundation")],
)
def test_each_platform_has_its_capture_device(
    platform: str, address: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("DISPLAY", ":7")
    source = StreamSource.parse("screen")
    assert (source.address, source.name, source.is_file) == (address, "screen", False)
    arguments = source.open_arguments(3.0)
    assert arguments["format"] == device
    assert arguments["options"]["framerate"] == "10"


def test_other_platforms_are_refused() -> None:
    with pytest.raises(UsageError, match="not supported on freebsd14"):
        screen_address("freebsd14", {"DISPLAY": ":0"})


def test_a_build_of_pyav_without_the_device_is_one_line(fast_cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", "nonsense")
    monkeypatch.setitem(DEVICES, sys.platform, ("othergrab", {}))
    assert "othergrab" not in av.formats_available
    done = fast_cli("watch-stream", "screen")
    assert done.returncode == 1
    assert done.stderr == (
        "unmask: screen: cannot be opened (PyAV has no othergrab here; install it from PyPI: "
        "pip install --force-reinstall av)\n"
    )


@linux
def test_a_device_that_is_no_camera_is_one_line(fast_cli: Run) -> None:
    done = fast_cli("watch-stream", "/dev/null")
    assert done.returncode == 1
    assert done.stderr == "unmask: /dev/null: cannot be opened (Inappropriate ioctl for device)\n"
