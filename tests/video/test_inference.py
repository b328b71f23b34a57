from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import Run
from tests.video.clips import pan, write_clip
from unmask import Detector, Limits, scan
from unmask.errors import CorruptImage, EmptyFile, ImageTooLarge, MissingFile, NotAnImage
from unmask.verdict import Face, Label
from unmask.video import is_video
from unmask.video.clip import Moment, Track
from unmask.video.frames import EXTRA_SCENES, MIN_INTERVAL, SCENES_PER_SAMPLE, ClipReader, Frame
from unmask.video.inference import judge_clip, track_probability
from unmask.video.tracking import Tracker

pytest.importorskip("av")


@pytest.fixture(scope="session")
def head(portrait: Image.Image) -> Image.Image:
    """The face and little else, so that nothing else is taken for one."""
    return portrait.crop((120, 10, 330, 220))


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory, head: Image.Image) -> Path:
    """Four seconds of one face."""
    return write_clip(tmp_path_factory.mktemp("clip") / "one.mp4", pan([head], 40), 40)


def test_a_face_is_followed_and_judged_as_one(clip: Path, detector: Detector) -> None:
    judged = judge_clip(detector, str(clip))
    (track,) = judged.tracks
    (face,) = judged.verdict.faces
    assert judged.frames == len(track.moments) == 8
    assert [moment.time for moment in track.moments] == pytest.approx([MIN_INTERVAL * n for n in range(8)])
    assert face.probability_fake == track.probability_fake == judged.verdict.probability_fake
    assert (judged.verdict.width, judged.verdict.height, judged.verdict.format) == (320, 240, "MP4")
    assert judged.damage is None
    lowest, *_, highest = sorted(moment.probability_fake for moment in track.moments)
    assert lowest <= track.probability_fake <= highest
    assert track.moments[0].box[0] < track.moments[-1].box[0]
    assert json.loads(json.dumps(judged.to_dict()))["clip"]["tracks"][0]["moments"]


def test_a_clip_without_a_trace_keeps_the_odds_of_a_model_that_never_allows_real(clip: Path) -> None:
    verdict = judge_clip(Detector.load("open"), clip).verdict
    assert (verdict.label, verdict.probability_fake) == (Label.UNSURE, 0.5)


def test_bytes_and_path_are_the_same_clip(clip: Path, detector: Detector) -> None:
    one, two = judge_clip(detector, str(clip)), judge_clip(detector, clip.read_bytes(), name=str(clip))
    assert one.verdict.sha256 == two.verdict.sha256
    assert [t.to_dict() for t in one.tracks] == [t.to_dict() for t in two.tracks]


def test_a_new_scene_is_a_new_track(tmp_path: Path, head: Image.Image, detector: Detector) -> None:
    dark = Image.new("RGB", head.size)
    draw = pan([head, dark, head.transpose(Image.Transpose.FLIP_LEFT_RIGHT)], 33)
    bright = Image.new("RGB", (320, 240), "white")
    judged = judge_clip(detector, str(write_clip(tmp_path / "c.mp4", lambda n: bright if n == 15 else draw(n), 33)))
    assert len(judged.tracks) == 2
    assert judged.tracks[0].moments[-1].time < 1.2 or judged.tracks[1].moments[-1].time < 1.2


def test_two_people_are_two_tracks(tmp_path: Path, head: Image.Image, detector: Detector) -> None:
    def draw(number: int) -> Image.Image:
        ground = Image.new("RGB", (560, 280), (90, 90, 90))
        ground.paste(head.resize((240, 240)), (10 + number, 20))
        ground.paste(head.transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((240, 240)), (300 - number, 20))
        return ground

    judged = judge_clip(detector, str(write_clip(tmp_path / "two.mp4", draw, 20)))
    assert len(judged.tracks) == 2
    assert {len(track.moments) for track in judged.tracks} == {4}
    assert judged.verdict.thresholds == detector.card.decision.for_faces(2)


def test_a_clip_without_a_face(tmp_path: Path, detector: Detector) -> None:
    path = write_clip(tmp_path / "grey.mkv", lambda n: Image.new("RGB", (160, 120), (n, n, n)), 12)
    verdict = judge_clip(detector, str(path)).verdict
    assert verdict.label is Label.NO_FACE
    assert verdict.probability_fake is None


def test_what_is_left_of_a_damaged_clip_is_judged(tmp_path: Path, head: Image.Image, detector: Detector) -> None:
    steady, generator = pan([head], 60), np.random.default_rng(0)

    def grainy(number: int) -> Image.Image:
        grain = Image.fromarray(generator.integers(0, 256, (240, 320, 3), np.uint8))
        return Image.blend(steady(number), grain, 0.1)

    data = write_clip(tmp_path / "w.mkv", grainy, 60).read_bytes()
    cut = judge_clip(detector, data[: len(data) // 2], name="cut.mkv")
    assert 1 <= cut.frames < 12
    assert cut.tracks
    holes = bytearray(data)
    for begin in range(len(data) // 3, len(data) - 200, len(data) // 7):
        holes[begin : begin + 60] = bytes(60)
    assert 6 <= judge_clip(detector, bytes(holes), name="holes.mkv").frames <= 12


def test_bad_clips_have_errors_of_their_own(tmp_path: Path, clip: Path, detector: Detector) -> None:
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "text.mp4").write_text("no clip at all")
    (tmp_path / "head.mp4").write_bytes(clip.read_bytes()[:200])
    for name, kind in (("nowhere.mp4", MissingFile), ("empty.mp4", EmptyFile), ("text.mp4", NotAnImage)):
        with pytest.raises(kind, match=name):
            judge_clip(detector, str(tmp_path / name))
    with pytest.raises((NotAnImage, CorruptImage)):
        judge_clip(detector, str(tmp_path / "head.mp4"))
    with pytest.raises(ImageTooLarge):
        ClipReader(str(clip), "clip", Limits(pixels=1000))


def test_a_clip_from_a_phone_held_upright_is_turned(tmp_path: Path, head: Image.Image, detector: Detector) -> None:
    draw = pan([head], 10, (240, 320))
    path = write_clip(tmp_path / "p.mp4", lambda n: draw(n).transpose(Image.Transpose.ROTATE_90), 10)
    data = path.read_bytes()
    straight = bytes.fromhex("00010000 00000000 00000000 00000000 00010000 00000000")
    turned = bytes.fromhex("00000000 00010000 00000000 ffff0000 00000000 00000000")
    begin = data.index(straight, data.index(b"tkhd"))
    clip = judge_clip(detector, data[:begin] + turned + data[begin + len(turned) :], name="p.mp4")
    assert (clip.verdict.width, clip.verdict.height) == (240, 320)
    (face,) = clip.verdict.faces
    upright = detector.predict(draw(0), stability=False).faces[0].box
    assert face.box == pytest.approx(upright, abs=18)


def test_long_clips_are_walked_in_longer_steps(tmp_path: Path) -> None:
    grey = Image.new("RGB", (32, 32), "grey")
    path = write_clip(tmp_path / "long.mp4", lambda n: grey, 2000, rate=1, codec="mpeg4")
    reader = ClipReader(str(path), "long", Limits())
    times = [frame.time for frame in reader.frames()]
    assert 100 < len(times) <= 601
    assert times[-1] > 1900


def test_a_clip_that_does_not_say_how_long_it_is_is_walked_in_longer_and_longer_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_clip(tmp_path / "unknown.mp4", lambda number: Image.new("RGB", (64, 64), (90, 90, 90)), 400)
    monkeypatch.setattr("unmask.video.frames.MAX_SAMPLES", 5)
    monkeypatch.setattr(ClipReader, "_interval", lambda reader: MIN_INTERVAL)
    times = [frame.time for frame in ClipReader(str(path), "clip", Limits()).frames()]
    assert len(times) < 25, "at a steady pace there would be 80"
    steps = np.diff(times)
    assert steps[0] == pytest.approx(MIN_INTERVAL, abs=0.11)
    assert steps[-1] >= 4 * MIN_INTERVAL
    assert times[-1] > 30


def test_a_flicker_is_not_judged_frame_by_frame(tmp_path: Path) -> None:
    grounds = [Image.new("RGB", (32, 32), colour) for colour in ("black", "white")]
    path = write_clip(tmp_path / "flicker.mp4", lambda n: grounds[n % 2], 500, rate=50, codec="mpeg4")
    frames = list(ClipReader(str(path), "flicker", Limits()).frames())
    assert 20 < len(frames) <= 20 + EXTRA_SCENES + SCENES_PER_SAMPLE * 20
    assert all(frame.new_scene for frame in frames[1:])
    assert frames[-1].time > 9


def test_faces_met_once_are_forgotten_as_soon_as_one_was_met_twice() -> None:
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


def test_the_aggregate_is_a_mean_of_evidence() -> None:
    moments = tuple(Moment(float(n), (0, 0, 9, 9), p) for n, p in enumerate((0.2, 0.2, 0.2, 0.999)))
    assert 0.2 < track_probability(moments) < 0.7
    assert track_probability(moments, margin=1.0) < track_probability(moments)
    assert track_probability((Moment(0.0, (0, 0, 9, 9), 0.3),)) == pytest.approx(0.3)


def test_a_face_that_is_away_for_a_moment_is_found_again() -> None:
    tracker, image = Tracker(), Image.new("RGB", (100, 100))
    face = Face((10, 10, 40, 40), Label.REAL, 0.1)
    for number in range(6):
        tracker.add(Frame(number / 2, image, new_scene=False), () if number == 2 else (face,))
    (track,) = tracker.finish()
    assert len(track.moments) == 5


def test_the_command_writes_a_timeline(run_cli: Run, clip: Path, tmp_path: Path) -> None:
    done = run_cli("detect", clip, "--timeline", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert row["clip"]["frames"] == 8
    assert json.loads((tmp_path / "one.mp4.json").read_text()) == row
    assert Image.open(io.BytesIO((tmp_path / "one.mp4.png").read_bytes())).width == 960
    assert "<script" not in (tmp_path / "one.mp4.html").read_text()


def test_a_record_of_a_clip_is_verified(run_cli: Run, clip: Path, portrait: Image.Image, tmp_path: Path) -> None:
    record, picture = tmp_path / "r.json", tmp_path / "p.png"
    portrait.save(picture)
    assert run_cli("detect", clip, picture, "--record", record).returncode == 0
    of_clip, of_picture = (json.loads(line) for line in record.read_text("utf-8").splitlines())
    assert of_clip["settings"] == {"whole_picture": False, "stability": False}
    assert "av" in of_clip["software"]
    assert of_picture["settings"]["stability"]
    held = run_cli("verify", record, picture, clip)
    assert held.returncode == 0, held.stdout + held.stderr
    assert held.stdout.count("every score is the same") == 2
    alone, changed = tmp_path / "alone.json", tmp_path / "changed.mp4"
    alone.write_text(record.read_text("utf-8").splitlines()[0], "utf-8")
    changed.write_bytes(clip.read_bytes() + b" ")
    failed = run_cli("verify", alone, changed)
    assert failed.returncode == 1
    assert "The picture changed" in failed.stdout


def test_clips_are_part_of_scans(clip: Path, tmp_path: Path, detector: Detector) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "a.mp4").write_bytes(clip.read_bytes())
    (folder / "b.webm").write_bytes(b"no clip")
    good, bad = scan(folder, detector=detector, workers=1, cache=tmp_path / "cache.sqlite")
    assert good.verdict is not None
    assert good.verdict.faces == judge_clip(detector, str(clip)).verdict.faces
    assert bad.failure is not None
    assert bad.failure.code == "not_an_image"
    assert is_video("A.MOV")
    assert not is_video("._a.mov")
