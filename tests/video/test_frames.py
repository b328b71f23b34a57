from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.video.clips import write_clip
from unmask import Limits
from unmask.video.frames import EXTRA_SCENES, MIN_INTERVAL, SCENES_PER_SAMPLE, ClipReader

pytest.importorskip("av")


def test_long_clips_are_sampled_at_longer_intervals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unmask.video.frames.MAX_SAMPLES", 60)
    gray = Image.new("RGB", (32, 32), "gray")
    path = write_clip(tmp_path / "long.mp4", lambda n: gray, 200, rate=1, codec="mpeg4")
    reader = ClipReader(str(path), "long", Limits())
    times = [frame.time for frame in reader.frames()]
    assert 10 < len(times) <= 61
    assert times[-1] > 190


def test_the_interval_grows_if_the_container_states_no_duration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_clip(tmp_path / "unknown.mp4", lambda number: Image.new("RGB", (64, 64), (90, 90, 90)), 400)
    monkeypatch.setattr("unmask.video.frames.MAX_SAMPLES", 5)
    monkeypatch.setattr(ClipReader, "_interval", lambda reader: MIN_INTERVAL)
    times = [frame.time for frame in ClipReader(str(path), "clip", Limits()).frames()]
    assert len(times) < 25, "at a fixed interval there would be 80"
    steps = np.diff(times)
    assert steps[0] == pytest.approx(MIN_INTERVAL, abs=0.11)
    assert steps[-1] >= 4 * MIN_INTERVAL
    assert times[-1] > 30


def test_extra_frames_at_new_scenes_are_limited(tmp_path: Path) -> None:
    grounds = [Image.new("RGB", (32, 32), color) for color in ("black", "white")]
    path = write_clip(tmp_path / "flicker.mp4", lambda n: grounds[n % 2], 500, rate=50, codec="mpeg4")
    frames = list(ClipReader(str(path), "flicker", Limits()).frames())
    assert 20 < len(frames) <= 20 + EXTRA_SCENES + SCENES_PER_SAMPLE * 20
    assert all(frame.new_scene for frame in frames[1:])
    assert frames[-1].time > 9
