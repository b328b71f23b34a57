from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from unmask.errors import TrainingError
from unmask.runtime import open_session
from unmask.runtime.quantising import quantise
from unmask.training.architectures.building import create
from unmask.training.exporting import check_parity, export, open_file, write_card


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return create("grain").eval()


@pytest.fixture(scope="module")
def file(network: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "model.onnx"
    export(network, 64, path)
    return path


def test_the_file_says_nothing_of_the_machine_that_made_it(file: Path) -> None:
    data = file.read_bytes()
    assert str(Path(__file__).parents[2]).encode() not in data
    assert b"stack_trace" not in data


def pixels(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 64, 64, 3), dtype=np.uint8)


def test_the_file_keeps_the_contract(file: Path) -> None:
    session = open_file(file)
    assert session.input_types == {"pixels": "tensor(uint8)"}
    assert session.inputs["pixels"][1:] == [64, 64, 3]
    assert isinstance(session.inputs["pixels"][0], str)
    for count in (1, 2, 7):
        outputs = session.run(pixels=pixels(count))
        assert outputs["logit"].shape == (count,)
        assert outputs["cam"].shape == (count, 2, 2)


def test_the_mean_of_the_map_is_the_logit(file: Path) -> None:
    outputs = open_file(file).run(pixels=pixels(5))
    assert np.allclose(outputs["cam"].mean((1, 2)), outputs["logit"], atol=1e-6)


def test_parity_is_measured_and_a_wrong_file_is_caught(network: torch.nn.Module, file: Path) -> None:
    assert check_parity(network, file, pixels(4)) < 1e-5
    other = create("grain").eval()
    with pytest.raises(TrainingError, match="differs from the network by"):
        check_parity(other, file, pixels(4))


def test_metadata_is_replaced_and_kept(file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(file.read_bytes())
    write_card(copy, "unmask.card", "one")
    write_card(copy, "other", "kept")
    write_card(copy, "unmask.card", "two")
    assert dict(open_file(copy).metadata) == {"unmask.card": "two", "other": "kept"}
    assert np.array_equal(
        open_file(copy, 1).run(pixels=pixels(2))["logit"], open_file(file, 1).run(pixels=pixels(2))["logit"]
    )


def test_an_int8_file_is_smaller_and_says_nearly_the_same(file: Path, tmp_path: Path) -> None:
    small = tmp_path / "int8.onnx"
    quantise(file, small, [pixels(8), pixels(4)])
    assert small.stat().st_size < 0.45 * file.stat().st_size
    before, after = (open_session(path.read_bytes(), threads=1).run(pixels=pixels(16)) for path in (file, small))
    assert set(before) == set(after)
    assert np.corrcoef(before["logit"], after["logit"])[0, 1] > 0.9
