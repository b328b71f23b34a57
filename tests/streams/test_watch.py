"""Streams over HTTP, UDP and RTSP from local servers."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from threading import Event as StopEvent
from typing import Any

import pytest
from PIL import Image

from tests.streams.rtsp import RtspServer
from tests.streams.serving import StreamServer, camera, fixed, live, recording
from tests.video.clips import pan
from unmask import Detector
from unmask.errors import SourceError
from unmask.streams import StreamConfig, StreamSource, watch_stream

CONFIG = StreamConfig(every=0.5, window=5.0, retries=2, timeout=5.0)
Events = list[dict[str, Any]]


def watch(detector: Detector, address: str, config: StreamConfig = CONFIG) -> tuple[Events, str | None]:
    """The events of a stream, and the message of the error that ends it."""
    events: Events = []
    try:
        for event in watch_stream(detector, StreamSource.parse(address), config):
            events.append(event)
    except SourceError as error:
        return events, error.message
    return events, None


def kinds(events: Iterable[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("stream.") for event in events]


def of_kind(events: Events, kind: str) -> Events:
    return [event["data"] for event in events if event["type"] == f"stream.{kind}"]


def test_a_file_is_watched_to_its_end(clips: Path, detector: Detector) -> None:
    events, error = watch(detector, str(clips / "both.mp4"))
    assert error is None
    assert kinds(events) == ["connected", "verdict", "track_ended", "verdict", "track_ended", "summary"]
    connected = events[0]["data"]
    assert (connected["format"], connected["width"], connected["height"], connected["duration"]) == ("mp4", 320, 240, 4)
    assert connected["model"] == detector.model.to_dict()
    first, second = of_kind(events, "verdict")
    assert (first["track"], first["label"], first["previous_label"], first["begin"]) == (1, "real", None, 0)
    assert (second["track"], second["label"], second["begin"]) == (2, "fake", 2)
    assert [ended["frames"] for ended in of_kind(events, "track_ended")] == [4, 4]
    assert events[-1]["data"]["tracks"] == {"fake": 1, "unsure": 0, "real": 1}
    assert (events[-1]["data"]["frames"], events[-1]["data"]["position"]) == (8, 3.5)


def test_a_dropped_live_stream_is_connected_again(clips: Path, detector: Detector) -> None:
    parts = [(clips / f"{label}.ts").read_bytes() for label in ("real", "fake")]
    with StreamServer(live__ts=live(*parts)) as server:
        events, error = watch(detector, f"{server.url}/live.ts")
    found = of_kind(events, "verdict")
    assert [(each["track"], each["label"]) for each in found] == [(1, "real"), (2, "fake")]
    assert found[1]["begin"] > found[0]["position"]
    lost = of_kind(events, "disconnected")
    assert [each["attempt"] for each in lost] == [1, 1, 2, None]
    assert [each["retry_in"] for each in lost] == [0.05, 0.05, 0.1, 0.0]
    assert of_kind(events, "summary")[0]["connections"] == 2
    assert error is not None
    assert error.endswith("after 2 attempts to reconnect")
    assert of_kind(events, "summary")[0]["error"] == error


def test_a_dropped_recording_continues_where_it_was(clips: Path, detector: Detector) -> None:
    path = clips / "both.mkv"
    with StreamServer(both__mkv=recording(path, drop_first_at=path.stat().st_size * 2 // 3)) as server:
        events, error = watch(detector, f"{server.url}/both.mkv")
    assert error is None
    assert kinds(events).count("disconnected") == 1
    first, second = of_kind(events, "verdict")
    assert (first["label"], second["label"]) == ("real", "fake")
    assert second["begin"] > first["position"]
    end = of_kind(events, "summary")[0]
    assert (end["position"], end["connections"]) == (pytest.approx(3.5, abs=0.5), 2)


def test_a_network_camera_is_watched(detector: Detector, real_face: Image.Image) -> None:
    draw = pan([real_face], 14)
    with StreamServer(cam=camera([draw(number) for number in range(14)])) as server:
        events, error = watch(detector, f"{server.url}/cam", StreamConfig(every=0.3, window=5.0, retries=0))
    assert of_kind(events, "connected")[0]["format"] == "mpjpeg"
    assert [each["label"] for each in of_kind(events, "verdict")] == ["real"]
    assert 0.8 < of_kind(events, "summary")[0]["position"] < 10
    assert error is not None


def test_a_playlist_is_watched_and_cannot_name_local_files(clips: Path, detector: Detector) -> None:
    begin = "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n"
    end = "#EXT-X-ENDLIST\n"
    segment = fixed((clips / "real.ts").read_bytes(), "video/mp2t")
    good = fixed(f"{begin}real.ts\n{end}".encode(), "application/vnd.apple.mpegurl")
    bad = fixed(f"{begin}file://{clips / 'real.ts'}\n{end}".encode(), "application/vnd.apple.mpegurl")
    with StreamServer(good__m3u8=good, bad__m3u8=bad, real__ts=segment) as server:
        events, error = watch(detector, f"{server.url}/good.m3u8")
        refused, reason = watch(detector, f"{server.url}/bad.m3u8", StreamConfig(retries=0))
    assert error is None
    assert [each["label"] for each in of_kind(events, "verdict")] == ["real"]
    assert of_kind(refused, "verdict") == []
    assert reason is not None


def test_a_stream_over_udp_is_watched(detector: Detector, real_face: Image.Image) -> None:
    import socket

    import av

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    done, draw = threading.Event(), pan([real_face], 40)

    def send() -> None:
        with av.open(f"udp://127.0.0.1:{port}?pkt_size=1316", "w", format="mpegts") as container:
            stream = container.add_stream("libx264", rate=10, options={"g": "5", "tune": "zerolatency"})
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            for number in range(10_000):
                frame = av.VideoFrame.from_image(draw(number % 40))
                frame.pts, frame.time_base = number, Fraction(1, 10)
                container.mux(stream.encode(frame))
                if done.wait(0.03):
                    return

    sender = threading.Thread(target=send)
    sender.start()
    stop, found = StopEvent(), []
    for event in watch_stream(detector, StreamSource.parse(f"udp://127.0.0.1:{port}"), CONFIG, stop=stop):
        found.append(event)
        if event["type"] == "stream.verdict":
            stop.set()
    done.set()
    sender.join()
    assert of_kind(found, "verdict")[0]["label"] == "real"
    assert kinds(found)[-2:] == ["track_ended", "summary"]


@pytest.mark.parametrize(
    ("respond", "reason"),
    [
        (fixed(b"no video at all", "text/plain"), "Invalid data found when processing input"),
        (lambda handler, number: handler.send_error(404), "404"),
        (lambda handler, number: handler.send_error(401), "401"),
    ],
)
def test_a_source_that_cannot_be_opened_is_one_line_and_not_retried(
    detector: Detector, respond: Any, reason: str
) -> None:
    with StreamServer(none=respond) as server:
        events, error = watch(detector, f"{server.url}/none")
        assert server.counts["/none"] == 0
    assert events == []
    assert error is not None
    assert error.startswith(f"{server.url}/none: cannot be opened (")
    assert reason in error


def test_a_silent_server_is_given_up_after_the_timeout(detector: Detector) -> None:
    released = threading.Event()
    with StreamServer(none=lambda handler, number: released.wait(20) and None) as server:
        _, error = watch(detector, f"{server.url}/none", StreamConfig(timeout=0.3))
        released.set()
    assert error is not None
    assert "no data arrived within the timeout" in error


def test_an_rtsp_camera_is_watched_and_connected_again(clips: Path, detector: Detector) -> None:
    with RtspServer(clips / "real.ts", connections=2) as server:
        address = server.url.replace("://", "://admin:hunter2@")
        events, error = watch(detector, address, StreamConfig(every=0.5, window=5.0, retries=1))
    assert [each["format"] for each in of_kind(events, "connected")] == ["rtsp", "rtsp"]
    assert {each["label"] for each in of_kind(events, "verdict")} == {"real"}
    assert server.requests.count("PLAY") == 2
    assert error is not None
    assert "hunter2" not in str(events) + error
