"""The Ray scan, without a cluster."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import MODEL
from unmask.cluster.ray import ScanActor, _chunks
from unmask.detector import DetectorConfig
from unmask.scanning.task import ScanConfig

CONFIG = ScanConfig(DetectorConfig(MODEL, threads=1), stability=False)


def test_a_folder_that_is_filled_meanwhile_is_left_out(portrait: Image.Image, tmp_path: Path) -> None:
    for name in ("a.jpg", "sorted/real/a.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        portrait.save(tmp_path / name)
    found = [item.path for items in _chunks([str(tmp_path)], CONFIG, (), str(tmp_path / "sorted")) for item in items]
    assert found == [str(tmp_path / "a.jpg")]


def test_columns_have_the_same_types_whatever_is_found(portrait: Image.Image, tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    good, bad = tmp_path / "good.jpg", tmp_path / "bad.jpg"
    portrait.save(good)
    bad.write_bytes(b"broken")
    actor = ScanActor(CONFIG, as_arrow=True)
    one, two = (actor({"path": [str(path)], "data": [b""]}) for path in (good, bad))
    assert one.schema == two.schema
    rows = arrow.concat_tables([one, two]).to_pylist()
    assert [row["problem_code"] for row in rows] == [None, "not_an_image"]
    lines = ScanActor(CONFIG, as_arrow=False)({"path": [str(good)], "data": [b""]})["finding"]
    assert [json.loads(line)["label"] for line in lines] == [rows[0]["label"]]
