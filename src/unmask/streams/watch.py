"""Watches a stream: reads it, judges the sampled frames, and yields events."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event as StopEvent

from unmask.detector import Detector
from unmask.errors import ImageError, SourceError
from unmask.images import open_image
from unmask.streams.buffer import Connected, Disconnected, Item
from unmask.streams.config import StreamConfig
from unmask.streams.events import Event, StreamEvents
from unmask.streams.reader import StreamReader
from unmask.streams.source import StreamSource
from unmask.streams.tracker import StreamTracker
from unmask.verdict import Face
from unmask.video.frames import Frame

POLL_SECONDS = 0.2
"""Seconds after which `stop` is looked at again."""


def watch_stream(
    detector: Detector, source: StreamSource, config: StreamConfig | None = None, *, stop: StopEvent | None = None
) -> Iterator[Event]:
    """Watch a stream until it ends, is lost, or `stop` is set. Memory does not grow with the duration.

    Each event has the keys `type`, `timestamp` and `data`. The types are `stream.connected`, `stream.disconnected`,
    `stream.verdict` (the label of a track is known, or changed), `stream.track_ended`, and at last `stream.summary`.

    Args:
        detector: the detector for the frames.
        source: the stream.
        config: sampling, window and reconnection; the defaults if None.
        stop: set it to end the watch with a summary.

    Raises:
        SourceError: the stream cannot be opened, or was lost for good; in the second case a summary comes first.
        MissingExtra: PyAV is not installed.
    """
    config, stop = config or StreamConfig(), stop or StopEvent()
    events, tracker = StreamEvents(source, detector), StreamTracker(config, detector.card)
    reader = StreamReader(source, config, detector.limits)
    reader.start()
    position, lost = 0.0, None
    try:
        while not stop.is_set():
            try:
                item = reader.buffer.get(POLL_SECONDS)
            except EOFError:
                break
            except SourceError as error:
                if not events.connections:
                    raise
                lost = error
                break
            if isinstance(item, Frame):
                position = item.time
            yield from _events(item, events, tracker, detector)
    finally:
        reader.stop()
    for track in tracker.finish():
        yield events.track_ended(track)
    yield events.summary(position, reader.buffer.skipped, lost.message if lost else None)
    if lost:
        raise lost


def _events(item: Item | None, events: StreamEvents, tracker: StreamTracker, detector: Detector) -> Iterator[Event]:
    """The events that follow from an item of the reader."""
    if isinstance(item, Connected):
        yield events.connected(item)
    elif isinstance(item, Disconnected):
        yield events.disconnected(item)
    elif isinstance(item, Frame):
        faces = _judge(detector, item)
        events.frames += 1
        changes = tracker.add(item, faces)
        for track in changes.ended:
            yield events.track_ended(track)
        for track, previous in changes.changed:
            yield events.verdict(track, previous)


def _judge(detector: Detector, frame: Frame) -> tuple[Face, ...]:
    """The faces of a frame with their own probabilities; none for a frame that cannot be judged."""
    try:
        located = detector.locate_faces(open_image(frame.image, limits=detector.limits))
        return detector.predict_located(located, stability=False, correct_count=False).faces
    except ImageError:
        return ()
