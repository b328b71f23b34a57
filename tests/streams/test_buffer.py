from __future__ import annotations

import threading

import pytest
from PIL import Image

from unmask.streams.buffer import Disconnected, FrameBuffer
from unmask.video.frames import Frame

IMAGE = Image.new("RGB", (1, 1))


def frame(time: float, *, new_scene: bool = False) -> Frame:
    return Frame(time, IMAGE, new_scene)


def test_a_waiting_live_frame_is_replaced_and_its_scene_change_is_kept() -> None:
    buffer = FrameBuffer()
    buffer.put(frame(0.0, new_scene=True))
    for time in range(1, 1000):
        buffer.put(frame(float(time)))
    assert buffer.get(0) == frame(999.0, new_scene=True)
    assert buffer.get(0) is None
    assert buffer.skipped == 999


def test_notices_keep_their_place() -> None:
    buffer, lost = FrameBuffer(), Disconnected("gone", 1, 1.0)
    for item in (frame(0.0), lost, frame(1.0), frame(2.0)):
        buffer.put(item)
    assert [buffer.get(0) for _ in range(3)] == [frame(0.0), lost, frame(2.0)]


def test_a_recording_waits_for_the_consumer() -> None:
    buffer = FrameBuffer()

    def fill() -> None:
        for time in range(50):
            buffer.put(frame(float(time)), live=False)
        buffer.close()

    thread = threading.Thread(target=fill)
    thread.start()
    items = [buffer.get(5.0) for _ in range(50)]
    thread.join()
    assert items == [frame(float(time)) for time in range(50)]
    with pytest.raises(EOFError):
        buffer.get(5.0)
    assert buffer.skipped == 0


def test_closing_wakes_the_reader_and_keeps_what_waits() -> None:
    buffer = FrameBuffer()
    buffer.put(frame(0.0), live=False)
    accepted: list[bool] = []
    thread = threading.Thread(target=lambda: accepted.append(buffer.put(frame(1.0), live=False)))
    thread.start()
    buffer.close(ValueError("why"))
    thread.join(5)
    assert accepted == [False]
    assert buffer.get(0) == frame(0.0)
    with pytest.raises(ValueError, match="why"):
        buffer.get(0)
    assert not buffer.put(frame(2.0))
