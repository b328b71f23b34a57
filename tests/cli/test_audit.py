from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import Run


def write(root: Path, each: int, fake: str = ".jpg") -> Path:
    rng = np.random.default_rng(0)
    for name, suffix in (("Real", ".jpg"), ("Fake", fake)):
        (root / name).mkdir(parents=True)
        for number in range(each):
            pixels = rng.integers(0, 255, (9, 9, 3), np.uint8)
            Image.fromarray(pixels).resize((96, 96), Image.Resampling.BICUBIC).save(root / name / f"{number}{suffix}")
    return root


def test_a_clean_folder_passes(run_cli: Run, tmp_path: Path) -> None:
    done = run_cli("audit", write(tmp_path / "set", 40))
    assert done.returncode == 0
    assert "CLEAN" in done.stdout


def test_a_shortcut_exits_with_one_and_is_shown(run_cli: Run, tmp_path: Path) -> None:
    root, page = write(tmp_path / "<b>set", 40, ".png"), tmp_path / "audit.html"
    done = run_cli("audit", root, "--html", page)
    assert done.returncode == 1
    assert "REFUSE" in done.stdout
    assert "format" in done.stdout
    html = page.read_text("utf-8")
    assert "Shortcut: file format" in html
    assert "<b>set" not in html
    assert html.count("data:image/jpeg") >= 12


def test_json_is_one_object(run_cli: Run, tmp_path: Path) -> None:
    done = run_cli("audit", write(tmp_path / "set", 40, ".png"), "--json")
    printed = json.loads(done.stdout)
    assert done.returncode == 1
    assert printed["refused"]
    assert "format" in {fault["name"] for fault in printed["faults"]}


@pytest.mark.parametrize(
    ("names", "words"), [((), "Real and Fake"), (("0", "1"), "'0' (?), '1' (?)"), (("Real", "Fake"), "no pictures")]
)
def test_an_unusable_dataset_is_one_line(run_cli: Run, tmp_path: Path, names: tuple[str, ...], words: str) -> None:
    for name in names:
        (tmp_path / name).mkdir()
    done = run_cli("audit", tmp_path)
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_page_that_cannot_be_written_is_one_line(run_cli: Run, tmp_path: Path) -> None:
    done = run_cli("audit", write(tmp_path / "set", 4), "--html", tmp_path / "set" / "Real" / "0.jpg" / "audit.html")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
