from __future__ import annotations

from PIL import Image

from unmask.verdict import Face, Label
from unmask.video.clip import Track
from unmask.video.frames import Frame
from unmask.video.tracking import Tracker


def test_tracks_of_one_frame_are_dropped_if_a_longer_track_exists() -> None:
    tracker, image = Tracker(), Image.new("RGB", (100, 100), "red")
    face = Face((10, 10, 40, 40), Label.REAL, 0.1)
    for number in range(3):
        tracker.add(Frame(number / 2, image, new_scene=True), (face,))
    assert len(tracker.finish()) == 3
    for number in range(3, 9):
        tracker.add(Frame(number / 2, image, new_scene=number != 4), (face,))
    (track,) = tracker.finish()
    assert [moment.time for moment in track.moments] == [1.5, 2.0]
    assert 0 < len(track.file) < 5000
    assert Track(tuple(track.moments), Label.REAL, 0.1, track.file).thumbnail.size == (160, 160)


def test_a_track_continues_after_a_missed_frame() -> None:
    tracker, image = Tracker(), Image.new("RGB", (100, 100))
    face = Face((10, 10, 40, 40), Label.REAL, 0.1)
    for number in range(6):
        tracker.add(Frame(number / 2, image, new_scene=False), () if number == 2 else (face,))
    (track,) = tracker.finish()
    assert len(track.moments) == 5


def test_the_closest_face_continues_the_track() -> None:
    tracker, image = Tracker(), Image.new("RGB", (200, 100))
    left, right = Face((10, 10, 40, 40), Label.REAL, 0.1), Face((110, 10, 40, 40), Label.FAKE, 0.9)
    moved = Face((16, 10, 40, 40), Label.REAL, 0.2), Face((30, 10, 40, 40), Label.REAL, 0.3)
    tracker.add(Frame(0.0, image, new_scene=True), (left, right))
    tracker.add(Frame(0.5, image, new_scene=False), (*moved, right))
    first, second = tracker.finish()
    assert [moment.probability_fake for moment in first.moments] == [0.1, 0.2]
    assert [moment.probability_fake for moment in second.moments] == [0.9, 0.9]
