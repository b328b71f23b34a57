from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.training.conftest import random_pixels
from unmask.runtime import open_session
from unmask.runtime.quantization import quantize
from unmask.training.export.onnx import open_file, write_metadata


def test_the_file_has_no_paths_of_the_machine_that_exported_it(grain_file: Path) -> None:
    data = grain_file.read_bytes()
    assert str(Path(__file__).parents[3]).encode() not in data
    assert b"stack_trace" not in data


def test_inputs_and_outputs_of_the_file(grain_file: Path) -> None:
    session = open_file(grain_file)
    assert session.input_types == {"pixels": "tensor(uint8)"}
    assert session.inputs["pixels"][1:] == [64, 64, 3]
    assert isinstance(session.inputs["pixels"][0], str)
    for count in (1, 2, 7):
        outputs = session.run(pixels=random_pixels(count))
        assert outputs["logit"].shape == (count,)
        assert outputs["cam"].shape == (count, 2, 2)


def test_the_mean_of_the_map_is_the_logit(grain_file: Path) -> None:
    outputs = open_file(grain_file).run(pixels=random_pixels(5))
    assert np.allclose(outputs["cam"].mean((1, 2)), outputs["logit"], atol=1e-6)


def test_metadata_is_replaced_by_key(grain_file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(grain_file.read_bytes())
    write_metadata(copy, "unmask.card", "one")
    write_metadata(copy, "other", "kept")
    write_metadata(copy, "unmask.card", "two")
    assert dict(open_file(copy).metadata) == {"unmask.card": "two", "other": "kept"}
    assert np.array_equal(
        open_file(copy, 1).run(pixels=random_pixels(2))["logit"],
        open_file(grain_file, 1).run(pixels=random_pixels(2))["logit"],
    )


def test_an_int8_file_is_smaller_and_its_scores_correlate(grain_file: Path, tmp_path: Path) -> None:
    small = tmp_path / "int8.onnx"
    quantize(grain_file, small, [{"pixels": random_pixels(count)} for count in (8, 4)])
    assert small.stat().st_size < 0.45 * grain_file.stat().st_size
    before, after = (
        open_session(path.read_bytes(), threads=1).run(pixels=random_pixels(16)) for path in (grain_file, small)
    )
    assert set(before) == set(after)
    assert np.corrcoef(before["logit"], after["logit"])[0, 1] > 0.9
