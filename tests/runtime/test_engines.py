from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from unmask import Detector
from unmask.detector import read_card
from unmask.errors import BadModelFile, UsageError
from unmask.runtime import open_session
from unmask.zoo import read_model


def test_openvino_gives_the_scores_of_onnx(default_detector: Detector, astronaut: Path) -> None:
    pytest.importorskip("openvino")
    other = Detector.load(engine="openvino", threads=1)
    assert other.card == default_detector.card
    for one, two in zip(default_detector.predict(astronaut).faces, other.predict(astronaut).faces, strict=True):
        assert two.probability_fake == pytest.approx(one.probability_fake, abs=1e-5)
    assert read_card("default")[0] == other.card


def test_openvino_sessions_look_like_onnx_sessions() -> None:
    pytest.importorskip("openvino")
    data = read_model("default")
    onnx, openvino = open_session(data), open_session(data, engine="openvino", threads=1)
    assert openvino.metadata == onnx.metadata
    assert openvino.input_types == onnx.input_types
    assert list(openvino.outputs) == list(onnx.outputs)
    assert openvino.inputs["pixels"][1:] == onnx.inputs["pixels"][1:]


def test_threads_share_an_openvino_session() -> None:
    pytest.importorskip("openvino")
    session = open_session(read_model("default"), engine="openvino", threads=1)
    _, height, width, _ = (side if isinstance(side, int) else 1 for side in session.inputs["pixels"])
    inputs = np.random.default_rng(0).integers(0, 256, (8, 1, height, width, 3), np.uint8)
    alone = [session.run(pixels=each)["logit"] for each in inputs]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda each: session.run(pixels=each)["logit"], inputs))
    assert np.array_equal(alone, together)


def test_engines_refuse_what_is_no_model() -> None:
    for engine in ("onnx", "openvino"):
        if engine == "openvino":
            pytest.importorskip("openvino")
        with pytest.raises(BadModelFile):
            open_session(b"no model", engine=engine)
    with pytest.raises(UsageError, match="quantum"):
        open_session(b"", engine="quantum")


def test_a_score_does_not_depend_on_what_stands_beside_it() -> None:
    session = open_session(read_model("fast"), threads=1)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 224, 224, 3), dtype=np.uint8)
    together, alone, batch = session.run_each(pixels), session.run_each(pixels[3:4]), session.run(pixels=pixels)
    for name, shape in (("logit", (5,)), ("cam", (5, 7, 7))):
        assert together[name].shape == shape
        assert np.array_equal(together[name][3:4], alone[name])
        assert np.allclose(together[name], batch[name], atol=0.05)
    assert session.run_each(pixels[:0])["logit"].shape == (0,)
