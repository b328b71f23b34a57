from __future__ import annotations

from pathlib import Path

import pytest

from unmask.errors import UsageError
from unmask.streams import StreamConfig, StreamSource


def test_names_and_passwords_are_not_part_of_the_name() -> None:
    source = StreamSource.parse("rtsp://admin:p@ss/word@camera.local:554/1?x=a@b")
    assert source.address == "rtsp://admin:p@ss/word@camera.local:554/1?x=a@b"
    assert StreamSource.parse("rtsp://admin:hunter2@camera.local/1").name == "rtsp://camera.local/1"
    assert "hunter2" not in StreamSource.parse("https://u:hunter2@a.example/live.m3u8?x=1").name


def test_each_kind_of_source_is_opened_in_its_way(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    file = StreamSource.parse(str(tmp_path / "a.mp4"))
    assert file.is_file
    assert "timeout" not in file.open_arguments(3.0)
    assert StreamSource.parse("/dev/null").open_arguments(3.0) == {"format": "v4l2", "timeout": 3.0}
    assert StreamSource.parse("rtsp://a/1").open_arguments(3.0)["options"] == {"rtsp_transport": "tcp"}
    web = StreamSource.parse("https://a/1.m3u8").open_arguments(3.0)
    assert "file" not in web["options"]["protocol_whitelist"].split(",")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nowhere.mp4", "nowhere.mp4: no such file or device; addresses begin with rtsp://"),
        ("/dev/video99", "/dev/video99: no such file or device; is the camera connected?"),
        (".", ".: a folder; to judge the clips in it, run: unmask scan"),
        ("ftp://me:hunter2@a/b", "ftp://a/b: the scheme is not supported; one of rtsp, "),
        ("rtsp://", "rtsp://: not a valid address"),
        ("http://[", "not a valid address"),
        ("file:///etc/passwd", "not a valid address"),
    ],
)
def test_other_sources_are_rejected_in_one_line(text: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        StreamSource.parse(text)
    assert message in error.value.message
    assert "hunter2" not in error.value.message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"every": 0.0}, "the interval of 0 s must be above 0 and at most the window"),
        ({"every": 60.0}, "the interval of 60 s must be above 0 and at most the window, 30 s"),
        ({"every": float("nan")}, "the interval of nan s"),
        ({"every": 0.01}, "has more than 1000 frames; choose a shorter window"),
        ({"retries": -1}, "retries must be at least 0"),
        ({"timeout": 0.0}, "the timeout above 0"),
    ],
)
def test_settings_out_of_range_are_rejected(settings: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        StreamConfig(**settings)  # type: ignore[arg-type]
