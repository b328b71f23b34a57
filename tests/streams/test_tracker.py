from __future__ import annotations

import gc

import pytest
from PIL import Image

from unmask import Detector
from unmask.streams import StreamConfig
from unmask.streams.tracker import StreamTrack, StreamTracker
from unmask.verdict import Face, Label
from unmask.video.clip import Moment
from unmask.video.frames import Frame
from unmask.video.inference import judge_moments

IMAGE = Image.new("RGB", (640, 360))
BOX, OTHER = (10, 10, 100, 120), (400, 10, 100, 120)


def frame(time: float, *, new_scene: bool = False) -> Frame:
    return Frame(time, IMAGE, new_scene)


def face(probability: float, box: tuple[int, int, int, int] = BOX, score: float = 0.99) -> Face:
    return Face(box, Label.UNSURE, probability, detection_score=score)


@pytest.fixture
def tracker(detector: Detector) -> StreamTracker:
    return StreamTracker(StreamConfig(every=1.0, window=5.0), detector.card)


def test_the_verdict_covers_the_window_only(tracker: StreamTracker, detector: Detector) -> None:
    labels = []
    for second, probability in enumerate([0.01] * 8 + [0.999] * 8):
        changes = tracker.add(frame(float(second)), (face(probability),))
        labels += [(second, track.verdict.label, previous) for track, previous in changes.changed if track.verdict]
    (track,) = tracker.open
    assert (len(track.window), track.frames, track.number) == (5, 16, 1)
    assert track.verdict is not None
    assert track.verdict.probability_fake == judge_moments(tuple(track.window), 1, detector.card).probability_fake
    assert labels[0] == (1, Label.REAL, None)
    assert labels[-1][1] is Label.FAKE
    assert [previous for _, _, previous in labels[1:]] == [label for _, label, _ in labels[:-1]]
    assert track.peak is not None
    assert track.peak.label is Label.FAKE


def test_probabilities_are_corrected_for_the_number_of_tracks(tracker: StreamTracker, detector: Detector) -> None:
    for second in range(3):
        tracker.add(frame(float(second)), (face(0.9), face(0.2, OTHER)))
    for track in tracker.open:
        assert track.verdict is not None
        expected = judge_moments(tuple(track.window), 2, detector.card)
        assert (track.verdict.label, track.verdict.probability_fake) == (expected.label, expected.probability_fake)


def test_a_doubtful_face_is_unsure_with_the_reason(tracker: StreamTracker) -> None:
    for second in range(3):
        tracker.add(frame(float(second)), (face(0.999, score=0.05),))
    (track,) = tracker.open
    assert track.verdict is not None
    assert (track.verdict.label, track.verdict.reason) == (Label.UNSURE, "doubtful_face")


def test_a_face_of_one_frame_is_never_reported(tracker: StreamTracker) -> None:
    tracker.add(frame(0.0), (face(0.999),))
    changes = [tracker.add(frame(float(second)), ()) for second in range(1, 8)]
    assert [each for change in changes for each in (*change.changed, *change.ended)] == []
    assert tracker.open == []


def test_a_new_scene_ends_the_tracks_and_begins_new_ones(tracker: StreamTracker) -> None:
    for second in range(3):
        tracker.add(frame(float(second)), (face(0.01),))
    changes = tracker.add(frame(3.0, new_scene=True), (face(0.01),))
    assert [track.number for track in changes.ended] == [1]
    assert [track.begin for track in tracker.open] == [3.0]


def test_memory_does_not_grow_with_the_duration(detector: Detector) -> None:
    config = StreamConfig(every=1.0, window=10.0)
    tracker, kept = StreamTracker(config, detector.card), []
    gc.collect()
    before = objects()
    for second in range(300):
        passing = (face(0.3, (150 + 20 * (second % 9), 150, 60, 70)),) if second % 20 < 9 else ()
        tracker.add(frame(float(second)), (face(0.01), *passing))
        kept.append(sum(len(track.window) for track in tracker.open))
    gc.collect()
    assert tracker.numbered > 15
    assert max(kept) == max(kept[:40]) <= 2 * config.window_frames
    assert objects() - before <= 2 * config.window_frames + 3


def objects() -> int:
    """The number of moments, faces, tracks and frames in memory."""
    return sum(isinstance(each, Moment | StreamTrack | Frame | Face) for each in gc.get_objects())
