"""`unmask watch-stream`."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import MODEL, Run
from tests.streams.serving import StreamServer, camera, live
from tests.video.clips import pan
from tests.webhooks.receiver import SECRET, Receiver
from unmask.webhooks import SECRET_VARIABLE


def test_events_are_json_lines_on_stdout(fast_cli: Run, clips: Path) -> None:
    done = fast_cli("watch-stream", clips / "real.ts", "--every", "0.5")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = ["connected", "verdict", "track_ended", "summary"]
    assert [event["type"] for event in events] == [f"stream.{kind}" for kind in kinds]
    assert all(set(event) == {"type", "timestamp", "data"} for event in events)
    assert "connected (mpegts, 320×240)" in done.stderr
    assert done.stderr.endswith("of the stream; faces: 0 fake, 0 unsure, 1 real\n")


def test_events_are_appended_to_a_file_and_sent_signed(
    fast_cli: Run, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SECRET_VARIABLE, SECRET.decode())
    output = tmp_path / "events.jsonl"
    output.write_text("earlier\n")
    with Receiver() as receiver:
        done = fast_cli(
            "watch-stream", clips / "real.ts", "--every", "0.5", "--output", output, "--webhook", receiver.url
        )
    assert done.returncode == 0, done.stderr
    earlier, *lines = output.read_text("utf-8").splitlines()
    assert earlier == "earlier"
    assert [json.loads(line) for line in lines] == [each.event for each in receiver.deliveries]
    assert done.stdout.startswith("0:00.5  face 1  real  ")
    assert done.stdout.endswith("% fake  (2 frames)\n")


def test_events_that_the_receiver_rejects_are_counted(fast_cli: Run, clips: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET + b"\n")
    with Receiver(*[404] * 9) as receiver:
        hook = ("--webhook", receiver.url, "--webhook-secret-file", secret)
        done = fast_cli("watch-stream", clips / "real.ts", "--every", "0.5", *hook)
    assert done.returncode == 4
    assert "status 404; the event is dropped" in done.stderr
    assert done.stderr.endswith("unmask: webhook: 4 of 4 events dropped\n")
    assert receiver.url not in done.stderr


def test_a_lost_stream_ends_with_a_summary_and_an_error(fast_cli: Run, clips: Path) -> None:
    with StreamServer(live__ts=live((clips / "real.ts").read_bytes())) as server:
        done = fast_cli("watch-stream", f"{server.url}/live.ts", "--retries", "1", "--every", "0.5")
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[-1])["type"] == "stream.summary"
    summary, error = done.stderr.splitlines()[-2:]
    assert "of the stream; faces:" in summary
    assert error.startswith(f"unmask: {server.url}/live.ts: lost (")
    assert "attempt 1 in 0.05 s" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.mp4"], 2, "nowhere.mp4: no such file or device"),
        (["a.txt", "--every", "0"], 2, "the interval of 0 s must be above 0"),
        (["a.txt"], 1, "a.txt: cannot be opened (Invalid data found when processing input)"),
        (["a.txt", "--webhook", "https://a.example/"], 2, "a webhook needs a secret"),
        (["a.txt", "--webhook", "a.example", "--webhook-secret-file", "a.txt"], 2, "is not the address of a webhook"),
        (["a.txt", "--webhook-secret-file", "a.txt"], 2, "--webhook-secret-file needs --webhook URL"),
        (["a.txt", "--output", "none/events.jsonl"], 1, "none/events.jsonl: No such file or directory"),
    ],
)
def test_errors_are_one_line(fast_cli: Run, tmp_path: Path, arguments: list[str], code: int, message: str) -> None:
    (tmp_path / "a.txt").write_text("a text that is no clip")
    done = fast_cli("watch-stream", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"unmask: {message}" if "webhook" not in message else "unmask: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_the_extra_the_command_is_named(fast_cli: Run, clips: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    done = fast_cli("watch-stream", clips / "real.ts")
    assert done.returncode == 1
    assert "real.ts: a stream needs an optional part: pip install " in done.stderr


@pytest.mark.integration
def test_ctrl_c_ends_with_a_summary(real_face: Image.Image) -> None:
    draw = pan([real_face], 300)
    with StreamServer(cam=camera([draw(number) for number in range(300)])) as server:
        command = [sys.executable, "-m", "unmask", "watch-stream", f"{server.url}/cam", "--model", MODEL]
        process = subprocess.Popen(
            [*command, "--every", "0.3"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
        )
        assert process.stdout is not None
        kinds = [json.loads(process.stdout.readline())["type"] for _ in range(2)]
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=20)
    assert kinds == ["stream.connected", "stream.verdict"]
    assert json.loads(rest.splitlines()[-1])["type"] == "stream.summary"
    assert errors.endswith("of the stream; faces: 0 fake, 0 unsure, 1 real\n")
    assert process.returncode == 0
