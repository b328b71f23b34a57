"""A model whose last feature map is one more output."""

from __future__ import annotations

import numpy as np

from research.studies.out_of_distribution.outputs import run, with_features
from unmask.runtime import open_session
from unmask.zoo import read_model


def test_with_features_adds_the_input_of_the_last_layer_as_an_output() -> None:
    session = open_session(with_features(read_model("default")), threads=1)
    size = int(session.inputs["pixels"][1])
    found = run(session, np.zeros((2, size, size, 3), np.uint8))
    assert found["features"].shape[:1] == (2,)
    assert found["features"].shape[2:] == found["cam"].shape[1:]
