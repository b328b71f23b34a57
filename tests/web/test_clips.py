"""Videos in `POST /v1/detect` and in jobs."""

from __future__ import annotations

import base64
import io
import json
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.web.server_process import Server

av = pytest.importorskip("av")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory, portrait: Image.Image) -> bytes:
    """Two seconds of a face."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 320, 320, "yuv420p"
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_image(portrait.resize((320, 320)))))
        container.mux(stream.encode())
    return path.read_bytes()


def check_clip(found: dict) -> None:  # type: ignore[type-arg]
    clip = found["clip"]
    assert found["format"] == "MP4"
    assert clip["frames"] >= 3
    [track] = clip["tracks"]
    assert len(track["moments"]) == clip["frames"]
    assert Image.open(io.BytesIO(base64.b64decode(track["thumbnail"]))).size == (160, 160)
    assert found["headline"]["label"] == found["label"] == found["faces"][0]["label"]


def test_a_video_gets_a_verdict_with_its_faces_over_time(server: Server, clip: bytes, photo: bytes) -> None:
    answer = server.detect(("clip.mp4", clip), ("me.jpg", photo))
    video, picture = answer.json()["results"]
    check_clip(video)
    assert "clip" not in picture
    assert server.client.get(f"/v1/history/{video['id']}").json()["label"] == video["label"]


def test_the_judged_frames_are_reported_as_events(server: Server, clip: bytes) -> None:
    files, headers = [("files", ("clip.mp4", clip))], {"Accept": "text/event-stream"}
    events = server.client.post("/v1/detect", files=files, headers=headers).text.strip().split("\n\n")
    progress = [json.loads(event.split("data: ")[1]) for event in events[:-1]]
    assert [each["done"] for each in progress] == list(range(1, len(progress) + 1))
    assert events[-1].startswith("event: result")
    check_clip(json.loads(events[-1].split("data: ")[1])["results"][0])


def test_a_job_judges_videos(server: Server, clip: bytes) -> None:
    job = server.client.post("/v1/jobs", files=[("files", ("clip.mp4", clip))]).json()
    deadline = time.monotonic() + 60
    while (found := server.client.get(f"/v1/jobs/{job['id']}").json())["state"] != "done":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    check_clip(found["results"][0])


def test_a_damaged_video_is_reported(server: Server, clip: bytes) -> None:
    answer = server.detect(("clip.mp4", clip[:400]))
    assert answer.status_code == 422
    assert "the end is missing" in answer.json()["detail"]


def test_videos_have_a_size_limit_of_their_own(tmp_path: Path, clip: bytes) -> None:
    large = clip + bytes(2_000_000)
    with Server(tmp_path, "--max-file-mb", "1", "--max-clip-mb", "4") as limited:
        assert limited.client.get("/v1/server").json()["max_clip_mb"] == 4
        check_clip(limited.detect(("clip.mp4", large)).json()["results"][0])
        assert "the limit is 4,194,304" in limited.detect(("clip.mp4", clip + bytes(4_500_000))).json()["detail"]
        assert "the limit is 1,048,576" in limited.detect(("a.jpg", bytes(2_000_000))).json()["detail"]


def test_another_shipped_model_gives_a_second_opinion(server: Server, photo: bytes) -> None:
    [found] = server.detect(("me.jpg", photo), params={"model": "default"}).json()["results"]
    assert found["model"]["name"] == "default"
    refused = server.detect(("me.jpg", photo), params={"model": "../secret.onnx"})
    assert refused.status_code == 422
    assert "choose one of" in refused.json()["detail"]
