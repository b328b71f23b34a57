from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from unmask import Detector
from unmask.card_reader import read_card
from unmask.runtime import open_session
from unmask.zoo import read_model

pytest.importorskip("openvino")


def test_openvino_and_onnx_runtime_give_the_same_scores(default_detector: Detector, astronaut: Path) -> None:
    other = Detector.load(engine="openvino", threads=1)
    assert other.card == default_detector.card
    for one, two in zip(default_detector.predict(astronaut).faces, other.predict(astronaut).faces, strict=True):
        assert two.probability_fake == pytest.approx(one.probability_fake, abs=1e-5)
    assert read_card("default")[0] == other.card


def test_openvino_and_onnx_runtime_sessions_have_the_same_inputs_and_outputs() -> None:
    data = read_model("default")
    onnx, openvino = open_session(data), open_session(data, engine="openvino", threads=1)
    assert openvino.metadata == onnx.metadata
    assert openvino.input_types == onnx.input_types
    assert list(openvino.outputs) == list(onnx.outputs)
    assert openvino.inputs["pixels"][1:] == onnx.inputs["pixels"][1:]


def test_threads_can_share_an_openvino_session() -> None:
    session = open_session(read_model("default"), engine="openvino", threads=1)
    _, height, width, _ = (side if isinstance(side, int) else 1 for side in session.inputs["pixels"])
    inputs = np.random.default_rng(0).integers(0, 256, (8, 1, height, width, 3), np.uint8)
    alone = [session.run(pixels=each)["logit"] for each in inputs]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda each: session.run(pixels=each)["logit"], inputs))
    assert np.array_equal(alone, together)
