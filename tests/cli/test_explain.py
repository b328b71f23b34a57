"""`unmask explain`, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import Run
from unmask.zoo import read_model


def test_explain_writes_a_picture_and_prints_a_sentence(fast_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    done = fast_cli("explain", astronaut, "--method", "occlusion", "--out", tmp_path / "why.png", "--no-faithfulness")
    assert done.returncode == 0, done.stderr
    assert "evidence for" in done.stdout
    with Image.open(tmp_path / "why.png") as drawing:
        assert drawing.format == "PNG"


def test_the_default_name_of_the_picture(run_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    done = run_cli("explain", astronaut, "--no-faithfulness", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "astronaut-explained.png").is_file()


def test_json_and_the_file_of_map_values(fast_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    done = fast_cli("explain", astronaut, "--json", "--map", tmp_path / "map.npz", "--class", "fake", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    face = content["faces"][0]
    assert face["explained_class"] == "fake"
    assert set(face["faithfulness"]) >= {"deletion", "insertion", "score", "better_than_chance"}
    with np.load(tmp_path / "map.npz") as maps:
        assert np.allclose(maps["face_1"], face["heatmap"], atol=1e-3)
    assert [path.name for path in tmp_path.iterdir()] == ["map.npz"]


def test_a_model_without_a_class_activation_map_is_explained_by_occlusion(
    run_cli: Run, astronaut: Path, tmp_path: Path
) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load_from_string(read_model("fast"))
    del model.graph.output[1:]
    onnx.save(model, tmp_path / "plain.onnx")
    common = ("explain", astronaut, "--model", tmp_path / "plain.onnx", "--no-faithfulness", "--json")
    done = run_cli(*common, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["method"] == "occlusion"
    assert "no class activation map; explained by occlusion" in done.stderr
    refused = run_cli(*common, "--method", "cam", cwd=tmp_path)
    assert refused.returncode == 2
    assert "use --method occlusion" in refused.stderr


def test_problems_are_one_line(run_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(astronaut.read_bytes()[:2000])
    for arguments, code in (
        ((tmp_path / "none.jpg",), 1),
        ((broken,), 1),
        ((astronaut, "--no-faithfulness", "--out", tmp_path / "no" / "such" / "folder.png"), 2),
        ((astronaut, "--no-faithfulness", "--out", tmp_path / "why.txt"), 2),
    ):
        done = run_cli("explain", *arguments, cwd=tmp_path)
        assert done.returncode == code, arguments
        assert len(done.stderr.splitlines()) == 1, done.stderr
