from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image, ImageOps

from tests.conftest import MODEL
from unmask import Detector, Label, detect
from unmask.card import METADATA_KEY
from unmask.errors import BadModelFile, UnknownModel, UsageError
from unmask.faces import FaceDetector
from unmask.images import open_image
from unmask.zoo import DETECTORS

EXPECTED: dict[str, float] = json.loads(files("unmask").joinpath("samples", "expected.json").read_text("utf-8"))


@pytest.mark.parametrize("name", EXPECTED)
def test_canonical_scores_of_the_shipped_model(default_detector: Detector, astronaut: Path, name: str) -> None:
    verdict = default_detector.predict(astronaut.with_name(name))
    assert verdict.probability_fake == pytest.approx(EXPECTED[name], abs=1e-3)


def test_verdict_holds_size_format_path_faces_and_model(default_detector: Detector, astronaut: Path) -> None:
    verdict = default_detector.predict(astronaut)
    assert (verdict.width, verdict.height, verdict.format) == (512, 512, "JPEG")
    assert verdict.path == str(astronaut)
    assert len(verdict.faces) == 1
    x, y, w, h = verdict.faces[0].box
    assert 150 < x + w / 2 < 290
    assert 50 < y + h / 2 < 190
    stability = verdict.faces[0].stability
    assert stability is not None
    assert stability.min <= verdict.faces[0].probability_fake <= stability.max
    assert verdict.model.sha256 == DETECTORS[0].sha256


def test_detect_uses_the_default_model(default_detector: Detector, astronaut: Path) -> None:
    expected = default_detector.predict(astronaut)
    assert detect(astronaut).probability_fake == pytest.approx(expected.probability_fake, abs=1e-6)


def test_the_stability_probe_does_not_change_the_score(detector: Detector, astronaut: Path) -> None:
    plain = detector.predict(astronaut, stability=False)
    assert plain.faces[0].stability is None
    assert plain.probability_fake == pytest.approx(detector.predict(astronaut).probability_fake, abs=1e-6)


def test_threads_share_one_detector(detector: Detector, astronaut: Path, portrait: Image.Image) -> None:
    pictures = [astronaut, np.asarray(ImageOps.mirror(portrait)), portrait.crop((100, 20, 400, 320))] * 6
    alone = [detector.predict(picture).probability_fake for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda picture: detector.predict(picture).probability_fake, pictures))
    assert together == alone


def test_predict_many_keeps_the_order(detector: Detector, portrait: Image.Image) -> None:
    pictures = [portrait, Image.new("RGB", (300, 200), "navy"), ImageOps.mirror(portrait), portrait.resize((256, 256))]
    singly = [detector.predict(picture) for picture in pictures]
    batched = list(detector.predict_many(pictures, batch_size=3))
    assert [v.sha256 for v in batched] == [v.sha256 for v in singly]
    assert [v.label for v in batched] == [v.label for v in singly]
    for one, other in zip(batched, singly, strict=True):
        assert one.probability_fake == pytest.approx(other.probability_fake, abs=1e-5)


def test_given_boxes_are_judged_without_loading_the_face_finder(
    detector: Detector, astronaut: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = detector.predict(astronaut)
    box = detector.locate_faces(open_image(astronaut)).boxes[0]
    monkeypatch.setattr(FaceDetector, "load", lambda **_: pytest.fail("the face detector was loaded"))
    detector = Detector.load(MODEL)
    given = detector.predict(astronaut, boxes=[box])
    assert given.probability_fake == found.probability_fake
    both = detector.predict(astronaut, boxes=[(-20, 300, 60, 60), (180, 60, 90, 90)])
    assert [face.box for face in both.faces] == [(180, 60, 90, 90), (0, 300, 40, 60)]
    assert detector.predict(astronaut, boxes=[]).label is Label.NO_FACE
    assert detector.predict(astronaut, boxes=np.array([box])).probability_fake == found.probability_fake
    for bad in ((600, 0, 50, 50), (10, 10, 0, 50), (10, 10, float("nan"), 50), (10, 10, 0.3, 50)):
        with pytest.raises(UsageError, match="no pixels in the 512 × 512 picture"):
            detector.predict(astronaut, boxes=[bad])
    for shapeless in ((177, 58, 92, 118), [(10, 10)], [(1, 2, 3, 4, 0.9)], "box", [None]):
        with pytest.raises(UsageError, match="give a list"):
            detector.predict(astronaut, boxes=shapeless)


def test_a_picture_without_a_face_is_judged_only_with_whole_picture(detector: Detector) -> None:
    sky = Image.new("RGB", (320, 240), "skyblue")
    assert detector.predict(sky).label is Label.NO_FACE
    assert detector.predict(sky).probability_fake is None
    assert detector.predict(sky).faces == ()
    whole = detector.predict(sky, whole_picture=True)
    assert whole.faces[0].box == (0, 0, 320, 240)
    assert whole.probability_fake is not None


def test_whole_picture_changes_nothing_if_a_face_is_found(detector: Detector, astronaut: Path) -> None:
    assert detector.predict(astronaut, whole_picture=True).faces == detector.predict(astronaut).faces


def test_a_rotated_phone_photo_is_judged_upright(detector: Detector, portrait: Image.Image) -> None:
    """12 megapixels, stored rotated by 90 degrees; the face takes a quarter of the width."""
    photo = Image.new("RGB", (3000, 4000), (120, 140, 110))
    photo.paste(portrait.crop((120, 10, 330, 290)).resize((1500, 2000)), (700, 900))
    stored = photo.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    stored.save(buffer, "JPEG", quality=90, exif=exif)
    verdict = detector.predict(buffer.getvalue())
    assert (verdict.width, verdict.height) == (3000, 4000)
    assert len(verdict.faces) == 1
    x, y, w, h = verdict.faces[0].box
    assert 1000 < x + w / 2 < 1900
    assert 1200 < y + h / 2 < 2400


def test_a_group_photo_is_judged_face_by_face(detector: Detector, portrait: Image.Image) -> None:
    group = Image.new("RGB", (2000, 1000), (90, 100, 110))
    head = portrait.crop((120, 0, 340, 270))
    for place in range(10):
        person = head if place % 2 else ImageOps.mirror(head)
        size = 240 + 12 * (place % 4)
        group.paste(person.resize((size, round(size * 270 / 220))), (40 + 390 * (place % 5), 60 + 480 * (place // 5)))
    verdict = detector.predict(group)
    assert len(verdict.faces) == 10
    assert verdict.thresholds == detector.card.decision.thresholds
    alone = detector.predict_located(detector.locate_faces(open_image(group)), correct_count=False)
    corrected = [detector.card.decision.correct(face.probability_fake, 10) for face in alone.faces]
    assert [face.probability_fake for face in verdict.faces] == pytest.approx(corrected)


def test_a_tight_crop_is_one_face(detector: Detector, portrait: Image.Image) -> None:
    tight = portrait.crop((175, 60, 275, 190)).resize((224, 224))
    assert len(detector.predict(tight).faces) == 1


def test_nearly_every_valid_picture_gets_a_verdict(detector: Detector, data: Path) -> None:
    pictures = [path for source in sorted(data.iterdir()) for path in sorted(source.glob("valid/*/*.jpg"))[::40]]
    verdicts = list(detector.predict_many(pictures, stability=False))
    assert len(verdicts) == len(pictures) > 40
    assert sum(verdict.label is Label.NO_FACE for verdict in verdicts) / len(verdicts) < 0.03


def test_unknown_models_and_engines_are_rejected() -> None:
    with pytest.raises(UnknownModel, match="default"):
        Detector.load("nonsense")
    with pytest.raises(UsageError, match="engine"):
        Detector.load(engine="abacus")


def model(
    *, input_name: str = "pixels", kind: int = TensorProto.UINT8, output: str = "logit", card: str | None = None
) -> bytes:
    """A small valid ONNX file that follows part of the contract for model files."""
    graph = helper.make_graph(
        [
            helper.make_node("Cast", [input_name], ["x"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["x"], [output], keepdims=0),
        ],
        "g",
        [helper.make_tensor_value_info(input_name, kind, ["N", 224, 224, 3])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    if card is not None:
        onnx.helper.set_model_props(proto, {METADATA_KEY: card})
    return proto.SerializeToString()


@pytest.mark.parametrize(
    ("data", "missing"),
    [
        (b"", "ONNX"),
        (b"not a model", "ONNX"),
        (model(input_name="image"), "pixels"),
        (model(kind=TensorProto.FLOAT), "uint8"),
        (model(output="score"), "logit"),
        (model(), "card"),
        (model(card="{}"), "has no field"),
        (model(card="no json"), "JSON"),
    ],
)
def test_errors_for_invalid_models_name_what_is_missing(tmp_path: Path, data: bytes, missing: str) -> None:
    (tmp_path / "model.onnx").write_bytes(data)
    with pytest.raises(BadModelFile, match=missing):
        Detector.load(tmp_path / "model.onnx")


def test_the_mean_of_the_activation_map_is_the_logit(default_detector: Detector, portrait: Image.Image) -> None:
    outputs = default_detector.run(default_detector.inputs([portrait]))
    assert outputs["cam"].mean() == pytest.approx(float(outputs["logit"][0]), abs=1e-4)
