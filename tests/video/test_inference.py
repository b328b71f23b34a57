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
from unmask.verdict import Label
from unmask.video import is_video
from unmask.video.clip import Moment
from unmask.video.frames import MIN_INTERVAL, ClipReader
from unmask.video.inference import judge_clip, logit_margin, track_probability

pytest.importorskip("av")


@pytest.fixture(scope="session")
def head(portrait: Image.Image) -> Image.Image:
    """A crop of the face with little background."""
    return portrait.crop((120, 10, 330, 220))


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory, head: Image.Image) -> Path:
    """A clip of four seconds with one face."""
    return write_clip(tmp_path_factory.mktemp("clip") / "one.mp4", pan([head], 40), 40)


def test_one_moving_face_is_one_track(clip: Path, detector: Detector) -> None:
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


def test_a_clip_without_traces_keeps_the_prior_of_a_model_without_the_label_real(clip: Path) -> None:
    verdict = judge_clip(Detector.load("open"), clip).verdict
    assert (verdict.label, verdict.probability_fake) == (Label.UNSURE, 0.5)


def test_bytes_and_path_give_the_same_result(clip: Path, detector: Detector) -> None:
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
    assert judged.verdict.thresholds == detector.card.decision.thresholds
    moments = [track_probability(track.moments, logit_margin(detector.card)) for track in judged.tracks]
    expected = [detector.card.decision.correct(each, 2) for each in moments]
    assert [track.probability_fake for track in judged.tracks] == pytest.approx(expected)


def test_a_clip_without_a_face(tmp_path: Path, detector: Detector) -> None:
    path = write_clip(tmp_path / "gray.mkv", lambda n: Image.new("RGB", (160, 120), (n, n, n)), 12)
    verdict = judge_clip(detector, str(path)).verdict
    assert verdict.label is Label.NO_FACE
    assert verdict.probability_fake is None


def test_decodable_frames_of_a_damaged_clip_are_judged(tmp_path: Path, head: Image.Image, detector: Detector) -> None:
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


def test_each_kind_of_bad_clip_has_its_own_error(tmp_path: Path, clip: Path, detector: Detector) -> None:
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


def test_a_clip_with_rotation_metadata_is_judged_upright(tmp_path: Path, head: Image.Image, detector: Detector) -> None:
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


def test_the_probability_of_a_track_is_that_of_its_mean_logit() -> None:
    moments = tuple(Moment(float(n), (0, 0, 9, 9), p) for n, p in enumerate((0.2, 0.2, 0.2, 0.999)))
    assert 0.2 < track_probability(moments) < 0.7
    assert track_probability(moments, margin=1.0) < track_probability(moments)
    assert track_probability((Moment(0.0, (0, 0, 9, 9), 0.3),)) == pytest.approx(0.3)


def test_the_command_writes_a_timeline(run_cli: Run, clip: Path, tmp_path: Path) -> None:
    done = run_cli("detect", clip, "--timeline", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout)
    assert row["clip"]["frames"] == 8
    assert json.loads((tmp_path / "one.mp4.json").read_text()) == row
    assert Image.open(io.BytesIO((tmp_path / "one.mp4.png").read_bytes())).width == 960
    assert "<script" not in (tmp_path / "one.mp4.html").read_text()


def test_the_record_of_a_clip_can_be_verified(run_cli: Run, clip: Path, portrait: Image.Image, tmp_path: Path) -> None:
    record, picture = tmp_path / "r.json", tmp_path / "p.png"
    portrait.save(picture)
    assert run_cli("detect", clip, picture, "--record", record).returncode == 0
    of_clip, of_picture = (json.loads(line) for line in record.read_text("utf-8").splitlines())
    assert of_clip["settings"] == {"whole_picture": False, "stability": False, "flag_doubtful": True}
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


def test_scans_judge_clips(clip: Path, tmp_path: Path, detector: Detector) -> None:
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
