"""The Ray scan on a real cluster."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import MODEL, Run
from unmask import scan
from unmask.cluster.ray import _connect, scan_on_ray, scan_to_parquet
from unmask.detector import DetectorConfig
from unmask.scanning.task import ScanConfig

ray = pytest.importorskip("ray")
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.integration]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, portrait: Image.Image) -> Path:
    folder = tmp_path_factory.mktemp("ray") / "pictures"
    folder.mkdir()
    for number in range(12):
        image = portrait.resize((160, 160), box=(number, 0, portrait.width, portrait.height))
        if number % 4 == 3:
            image = Image.fromarray(np.random.default_rng(number).integers(0, 256, (60, 60, 3), np.uint8))
        image.save(folder / f"{number:03}.jpg")
    (folder / "010-broken.jpg").write_bytes(b"broken")
    with zipfile.ZipFile(folder.parent / "a.zip", "w") as file:
        file.write(folder / "000.jpg", "000.jpg")
    (folder.parent / "damaged.zip").write_bytes(b"PK no archive")
    return folder


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster that all tests share."""
    _connect(None)
    yield ray.get_runtime_context().gcs_address
    ray.shutdown()


@pytest.mark.usefixtures("cluster")
def test_the_findings_of_a_cluster_equal_those_of_one_machine(pictures: Path, tmp_path: Path) -> None:
    from pyarrow import parquet

    sources = [str(pictures), str(pictures.parent / "a.zip"), f"file://{pictures}/001.jpg", str(pictures / "000.jpg")]
    sources.append(str(pictures.parent / "damaged.zip"))
    config = ScanConfig(DetectorConfig(MODEL, threads=1))
    local = [_bare(finding.to_dict()) for finding in scan(sources, detector=config.detector, workers=2)]
    remote = [_bare(finding.to_dict()) for finding in scan_on_ray(sources, config, workers=2)]
    assert len(local) == 16
    assert remote == local
    assert scan_to_parquet(sources, str(tmp_path / "parts"), config, workers=1) == 16
    table = parquet.read_table(tmp_path / "parts").to_pylist()
    assert len(table) == 16
    scores = {row["path"]: row["probability_fake"] for row in table}
    assert scores == {row["path"]: row.get("probability_fake") for row in local}


@pytest.mark.slow
def test_the_command_scans_on_a_running_cluster(
    fast_process: Run, cluster: str, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", cluster)
    out = tmp_path / "out.jsonl"
    done = fast_process("scan", pictures, "--cluster", "ray", "--workers", "2", "--out", out, timeout=300)
    assert done.returncode == 4, done.stderr
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["path"] for row in rows] == sorted(str(path) for path in pictures.iterdir())


def test_a_cluster_that_does_not_answer(
    fast_process: Run, pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    done = fast_process("scan", pictures, "--cluster", "ray", "--out", tmp_path / "out.jsonl", timeout=60)
    assert done.returncode == 1, done.stderr
    assert "no Ray cluster answers at 127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def _bare(row: dict[str, object]) -> dict[str, object]:
    row.pop("seconds", None)
    return row
