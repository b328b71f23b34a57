"""`unmask watch-stream`: judge the faces of a camera, a live stream or the screen."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unmask.cli import console
from unmask.cli.exit_codes import SOME_FAILED
from unmask.cli.interrupts import stop_on_signals
from unmask.cli.options import Faces, ModelName, Threads
from unmask.errors import SourceError, UsageError

if TYPE_CHECKING:
    from unmask.webhooks import WebhookSender

Event = dict[str, Any]


def run(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="rtsp://…, http://… (.m3u8, MJPEG, a clip), /dev/video0, screen, or a file."
        ),
    ],
    every: Annotated[float, typer.Option(metavar="SECONDS", help="Interval between two judged frames.")] = 1.0,
    window: Annotated[float, typer.Option(metavar="SECONDS", help="A verdict covers this much of a face.")] = 30.0,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append the events to FILE; without it, JSON lines on stdout.")
    ] = None,
    webhook: Annotated[
        str | None, typer.Option(metavar="URL", help="Also send each event to URL, in a signed POST request.")
    ] = None,
    webhook_secret_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File with the secret that signs. By default UNMASK_WEBHOOK_SECRET."),
    ] = None,
    retries: Annotated[
        int, typer.Option(metavar="N", min=0, help="Attempts in a row to connect again after a loss.")
    ] = 10,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", help="Time without data after which the connection counts as lost.")
    ] = 10.0,
    model: ModelName = "default",
    threads: Threads = None,
    faces: Faces = None,
) -> None:
    """Judge the faces of a camera, a live stream or the screen, and report changes as events.

    Each face is tracked. Its verdict covers the last frames, and an event reports when its label is known or changes.
    Ctrl-C ends the watch with a summary. Needs the extra `video`.

    Examples:

      unmask watch-stream rtsp://camera.local/stream1
      unmask watch-stream https://example.org/live.m3u8 --output events.jsonl
      unmask watch-stream /dev/video0 --every 0.5 --window 10
      unmask watch-stream screen
      unmask watch-stream rtsp://camera.local/1 --webhook https://example.org/hook --webhook-secret-file key.txt
    """
    from unmask.detector import Detector
    from unmask.streams import StreamConfig, StreamSource, watch_stream

    config = StreamConfig(every=every, window=window, retries=retries, timeout=timeout)
    stream = StreamSource.parse(source)
    if webhook_secret_file and not webhook:
        raise UsageError("--webhook-secret-file needs --webhook URL")
    with ExitStack() as stack:
        sender = stack.enter_context(_sender(webhook, webhook_secret_file)) if webhook else None
        write = stack.enter_context(_writer(output))
        detector = Detector.load(model, threads=threads, faces=faces)
        stop = stack.enter_context(stop_on_signals())
        lost: SourceError | None = None
        try:
            for event in watch_stream(detector, stream, config, stop=stop):
                write(event)
                _print_status(event)
                if sender:
                    sender.send(event)
        except SourceError as error:
            lost = error
    if sender and sender.dropped:
        sys.stderr.write(
            f"unmask: webhook: {sender.dropped:,} of {sender.delivered + sender.dropped:,} events dropped\n"
        )
    if lost:
        raise lost
    raise typer.Exit(SOME_FAILED if sender and sender.dropped else 0)


@contextmanager
def _sender(url: str, secret_file: Path | None) -> Iterator[WebhookSender]:
    """The sender of a webhook; at the end it delivers what waits."""
    from unmask.webhooks import Webhook, WebhookSender, read_secret

    webhook = Webhook(url, read_secret(secret_file, os.environ))
    sender = WebhookSender(webhook, lambda line: _print_error(line))
    try:
        yield sender
    finally:
        sender.close()


@contextmanager
def _writer(output: Path | None) -> Iterator[Callable[[Event], None]]:
    """A function that writes an event at once: to the end of a file and as text on stdout, or as JSON on stdout."""
    if output is None:
        yield lambda event: _write_line(sys.stdout, event)
        return
    with output.open("a", encoding="utf-8") as file:

        def write(event: Event) -> None:
            _write_line(file, event)
            if event["type"] == "stream.verdict":
                sys.stdout.write(console.printable(_text(event["data"])) + "\n")
                sys.stdout.flush()

        yield write


def _write_line(file: Any, event: Event) -> None:
    file.write(json.dumps(event, ensure_ascii=False) + "\n")
    file.flush()


def _text(data: dict[str, Any]) -> str:
    """A verdict in one line for people."""
    from unmask.headline import format_probability

    minutes, seconds = divmod(data["position"], 60)
    fake, frames = format_probability(data["probability_fake"]), f"{data['frames']} frames"
    return f"{minutes:.0f}:{seconds:04.1f}  face {data['track']}  {data['label']}  {fake} fake  ({frames})"


def _print_status(event: Event) -> None:
    """Print connections, losses and the summary on stderr."""
    kind, data = event["type"], event["data"]
    if kind == "stream.connected":
        _print_error(f"{data['source']}: connected ({data['format']}, {data['width']}×{data['height']})")
    elif kind == "stream.disconnected" and data["attempt"]:
        _print_error(f"{data['source']}: lost ({data['reason']}); attempt {data['attempt']} in {data['retry_in']:g} s")
    elif kind == "stream.summary":
        tracks = ", ".join(f"{number:,} {label}" for label, number in data["tracks"].items())
        _print_error(f"{data['frames']:,} frames in {data['position']:.0f} s of the stream; faces: {tracks}")


def _print_error(line: str) -> None:
    sys.stderr.write(f"unmask: {console.printable(line)}\n")
