"""The parts of the benchmarks that a figure stands or falls with."""

from __future__ import annotations

import importlib
import io
import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

import unmask
from unmask.datasets import Dataset, Item
from unmask.detector import read_card
from unmask.evaluation import Judgements
from unmask.faces import FoundFace
from unmask.preparing import square_around
from unmask.verdict import Face, Label, ModelReference, Thresholds, Verdict
from unmask.video.judging import margin

pytest.importorskip("skimage")
FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> object:
    """Imports a script of the folder, as running it would."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def load(benchmark: object, name: str) -> ModuleType:
    assert callable(benchmark)
    module: ModuleType = benchmark(name)
    return module


def head(turn: float) -> FoundFace:
    """A typical head turned by some degrees, seen from afar: eyes 60 mm apart, nose tip 25.5 mm before them."""
    angle = math.radians(turn)
    right, left, nose = (-30.0, 0.0), (30.0, 0.0), (0.0, 25.5)
    across = [x * math.cos(angle) + z * math.sin(angle) for x, z in (right, left, nose)]
    points = ((across[0], 0.0), (across[1], 0.0), (across[2], 40.0), (across[0] / 2, 70.0), (across[1] / 2, 70.0))
    return FoundFace((-50, -40, 100, 140), 0.9, tuple((100 + x, 100 + y) for x, y in points))


@pytest.mark.parametrize("turn", [0, 12, -25, 40])
def test_a_turned_head_is_measured_in_degrees(benchmark: object, turn: float) -> None:
    assert load(benchmark, "attributes").yaw(head(turn)) == pytest.approx(abs(turn), abs=0.5)


def test_the_typology_angle_names_apparent_tones(benchmark: object) -> None:
    attributes = load(benchmark, "attributes")
    skin = np.array([[70.0, 15.0, 20.0]] * 9)
    assert attributes.typology_angle(skin) == pytest.approx(45.0)
    assert attributes.tone_class(45.0) == "light"
    assert attributes.tone_class(-60.0) == "dark"
    assert attributes.tone_class(10.5) == "tan"
    violet, grey = np.array([[60.0, 20.0, -20.0]]), np.array([[60.0, 0.5, 0.5]])
    assert math.isnan(attributes.typology_angle(violet))
    assert math.isnan(attributes.typology_angle(grey))


def test_a_source_that_is_harder_does_not_accuse_the_group_in_it(benchmark: object) -> None:
    """Within each source both groups fare alike (1 in 10, 5 in 10); the group has most of the hard source."""
    sources = np.array(["easy"] * 100 + ["hard"] * 100)
    member = np.array([True] * 20 + [False] * 80 + [True] * 80 + [False] * 20)
    wrong = np.concatenate([np.arange(20) < 2, np.arange(80) < 8, np.arange(80) < 40, np.arange(20) < 10])
    everybody, once = np.ones(200, bool), np.ones((1, 200))
    fair = load(benchmark, "fairness").mantel_haenszel
    assert fair(everybody, wrong, member, sources, once)[0] == pytest.approx(0.0)
    crude = fair(everybody, wrong, member, np.array(["one"] * 200), once)[0]
    assert crude == pytest.approx(42 / 100 - 18 / 100)


def test_a_small_group_without_a_fault_is_not_thought_better(benchmark: object, tmp_path: Path) -> None:
    """None of 30 against 3 in 100 is what chance gives four times in ten."""
    items = tuple(Item(tmp_path / f"{number}", "real", "valid", "one") for number in range(130))
    verdicts = tuple(verdict(Label.FAKE if 30 <= number < 33 else Label.REAL) for number in range(130))
    gaps = load(benchmark, "fairness").gaps_of(Judgements(Dataset(items, "made"), verdicts), np.arange(130) < 30)
    found = gaps["false_alarms_gap"]
    assert found.value == pytest.approx(-0.03)
    assert found.low < found.value < 0 < found.high


def verdict(label: Label) -> Verdict:
    face = Face((0, 0, 9, 9), label, 0.5)
    model, rule = ModelReference("made", "1", "ab" * 32), Thresholds(0.2, 0.8)
    return Verdict(None, "00", 9, 9, "PNG", label, 0.5, rule, (face,), model, 0.0)


def test_a_composed_photograph_leaves_every_judged_pixel_of_the_crop(benchmark: object) -> None:
    scenes = load(benchmark, "photo_scenes")
    pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    box = (30.0, 20.0, 130.0, 160.0)
    subject = scenes.Subject(Item(Path("one.png"), "real", "valid", "made"), Image.fromarray(pixels), box)
    photo = scenes.composed([subject], 0, np.random.default_rng(1))
    scene = np.asarray(Image.open(io.BytesIO(photo.data)))
    left, top = (round(photo.boxes[0][axis] - box[axis]) for axis in (0, 1))
    assert (scene[top : top + 200, left : left + 200] == pixels).all()
    x, y, side, _ = square_around(photo.boxes[0], *photo.size, 1.5)
    above, beside = scene[top - 10 : top, left : left + 200], scene[top : top + 200, left - 10 : left]
    assert y < top
    assert (above == pixels[9::-1]).all()
    assert x >= left or (beside == pixels[:, 9::-1]).all()
    assert side == pytest.approx(1.5 * 160)


def test_a_face_that_its_crop_cuts_is_not_continued(benchmark: object) -> None:
    scenes, image = load(benchmark, "photo_scenes"), Image.new("RGB", (224, 224), "tan")
    item = Item(Path("one.png"), "real", "valid", "made")
    assert scenes.Subject(item, image, (40.0, 20.0, 130.0, 160.0)).whole
    assert not scenes.Subject(item, image, (12.0, 0.0, 198.0, 206.0)).whole


def test_faces_of_a_sent_photograph_have_the_size_that_was_asked_for(benchmark: object) -> None:
    scenes = load(benchmark, "photo_scenes")
    subject = scenes.Subject(
        Item(Path("one.png"), "fake", "valid", "made"), Image.new("RGB", (256, 256), "tan"), (60.0, 60.0, 128.0, 128.0)
    )
    photo = scenes.sent([subject], 3, np.random.default_rng(0))
    assert max(photo.size) == 1600
    assert Image.open(io.BytesIO(photo.data)).size == photo.size
    assert max(photo.boxes[0][2:]) == pytest.approx(scenes.SIZES[3], rel=0.02)


def test_what_the_last_layer_sees_is_one_more_output(benchmark: object) -> None:
    from unmask.runtime import open_session
    from unmask.zoo import read_model

    unfamiliar = load(benchmark, "unfamiliar")
    session = open_session(unfamiliar.with_features(read_model("default")), threads=1)
    size = int(session.inputs["pixels"][1])
    found = unfamiliar.run(session, np.zeros((2, size, size, 3), np.uint8))
    assert found["features"].shape[:1] == (2,)
    assert found["features"].shape[2:] == found["cam"].shape[1:]


def test_shares_are_stated_with_the_interval_of_their_count(benchmark: object) -> None:
    shares = load(benchmark, "shares")
    assert shares.percent(shares.wilson(1, 100)) == "1.0% (0.2–5.4)"
    assert shares.percent([0.0413, 0.02, 0.065]) == "4.1% (2.0–6.5)"
    assert shares.percent(None) == "–"


def test_the_margin_of_clips_lands_where_it_is_looked_for(benchmark: object, tmp_path: Path) -> None:
    pytest.importorskip("av")
    pytest.importorskip("onnx")
    from unmask.training.releasing import add_metrics

    load(benchmark, "video")
    model = tmp_path / "fast.onnx"
    model.write_bytes((Path(unmask.__file__).parent / "models" / "fast.onnx").read_bytes())
    before = read_card(model)[0]
    add_metrics(model, "video", {"margin": margin(before) + 0.25})
    after = read_card(model)[0]
    assert margin(after) == margin(before) + 0.25
    assert {**after.metrics, "video": None} == {**before.metrics, "video": None}
