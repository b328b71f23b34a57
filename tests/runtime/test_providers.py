from __future__ import annotations

import logging

import numpy as np
import onnxruntime
import pytest

from tests.conftest import MODEL
from unmask import Detector
from unmask.doctor import optional_checks
from unmask.runtime import ENGINES, PROVIDERS, available_engines, open_session, providers, usable_engine
from unmask.zoo import read_model


@pytest.fixture(autouse=True)
def no_earlier_warning() -> None:
    providers._warn_once.cache_clear()


@pytest.mark.parametrize("engine", [name for name in PROVIDERS if name not in available_engines()])
def test_a_missing_engine_uses_the_cpu_and_one_line_states_it(
    engine: str, caplog: pytest.LogCaptureFixture, detector: Detector, astronaut: object
) -> None:
    other = Detector.load(MODEL, engine=engine, threads=1)
    Detector.load(MODEL, engine=engine, threads=1)
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert line.startswith(f"unmask: engine {engine} is not available, so the CPU is used: ")
    assert other.predict(astronaut).probability_fake == detector.predict(astronaut).probability_fake  # type: ignore[arg-type]


@pytest.mark.parametrize("engine", [name for name in ENGINES if name in ("cpu", *available_engines())])
def test_an_available_engine_gives_the_scores_of_the_cpu(engine: str, detector: Detector, astronaut: object) -> None:
    other = Detector.load(MODEL, engine=engine, threads=1)
    found, expected = (each.predict(astronaut).probability_fake for each in (other, detector))  # type: ignore[arg-type]
    assert found == pytest.approx(expected, abs=1e-3)


def test_a_provider_without_a_device_is_named(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    session = onnxruntime.InferenceSession(read_model(MODEL), providers=["CPUExecutionProvider"])
    assert not providers.check_provider("cuda", session)
    assert "the device or its driver was not found" in caplog.text
    assert providers.providers_for("cuda")[0][0] == "CUDAExecutionProvider"
    assert usable_engine("cuda") == "cuda"


def test_batches_give_the_outputs_of_single_rows() -> None:
    session = open_session(read_model(MODEL), threads=1)
    side = session.inputs["pixels"][1]
    pixels = np.random.default_rng(3).integers(0, 256, (7, side, side, 3), np.uint8)
    single = session.run_each(pixels=pixels)
    session.batch = 3  # type: ignore[attr-defined]
    batched = session.run_each(pixels=pixels)
    for name, values in single.items():
        assert batched[name].shape == values.shape
        assert np.allclose(batched[name], values, atol=2e-3)


def test_engines_that_are_missing_are_replaced_before_workers_start(caplog: pytest.LogCaptureFixture) -> None:
    missing = next(name for name in PROVIDERS if name not in available_engines())
    assert usable_engine(missing) == "auto"
    assert usable_engine("openvino") == "openvino"
    assert len(caplog.records) == 1


def test_doctor_lists_every_engine() -> None:
    (detail,) = (check.detail for check in optional_checks() if check.name == "engines")
    available, _, lacking = detail.partition("; not available: ")
    assert set(available.split(", ")) >= {"cpu", *available_engines()}
    assert set(lacking.split(", ")) - {""} == set(PROVIDERS) - set(available_engines())
