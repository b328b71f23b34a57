"""Every program in examples/ runs without changes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.conftest import MODEL, SAMPLES

EXAMPLES = Path(__file__).parent.parent / "examples"

pytestmark = pytest.mark.integration


def run(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)


def test_check_folder_lists_every_image(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_text("no picture")
    (tmp_path / "good.jpg").write_bytes((SAMPLES / "astronaut.jpg").read_bytes())
    done = run("check_folder.py", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "good.jpg" in done.stdout
    assert "skipped" in done.stderr


def test_the_bundled_fake_is_made_from_the_bundled_portrait(tmp_path: Path) -> None:
    done = run("make_blended_face.py", SAMPLES / "astronaut.jpg", tmp_path / "fake.jpg")
    assert done.returncode == 0, done.stderr
    names = (tmp_path / "fake.jpg", SAMPLES / "blended.jpg", SAMPLES / "astronaut.jpg")
    made, bundled, portrait = (np.asarray(Image.open(name).convert("RGB"), float) for name in names)
    assert np.abs(made - bundled).mean() < 0.3 * np.abs(made - portrait).mean()


def test_check_uploads_requests_manual_review_of_files_that_are_no_image(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_text("no picture")
    done = run("check_uploads.py", tmp_path / "broken.jpg")
    assert done.returncode == 1
    assert "cannot be checked" in done.stdout


def test_the_colab_notebook_runs_from_top_to_bottom(
    tmp_path: Path, portrait: Image.Image, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for label in ("Real", "Fake"):
        (tmp_path / "faces" / label).mkdir(parents=True)
        for number in range(2):
            portrait.resize((200 + number, 200)).save(tmp_path / "faces" / label / f"{label}{number}.jpg")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for cell in json.loads((EXAMPLES / "colab.ipynb").read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and "%pip" not in source:
            exec(source.replace("Detector.load()", f'Detector.load("{MODEL}")'), names)
    printed = capsys.readouterr().out
    assert "Unsure" in printed
    assert "auc" in printed


def test_the_space_has_the_app_its_wheel_and_a_front_matter(tmp_path: Path) -> None:
    done = run("make_space.py", tmp_path / "space", "--no-isolation")
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "space").glob("*.whl")
    assert (tmp_path / "space" / "requirements.txt").read_text() == f"./{wheel.name}\n"
    assert (tmp_path / "space" / "app.py").read_text() == (EXAMPLES / "gradio_app.py").read_text()
    head = (tmp_path / "space" / "README.md").read_text("utf-8").split("---")[1]
    values = dict(line.split(": ", 1) for line in head.strip().splitlines())
    assert (values["sdk"], values["app_file"]) == ("gradio", "app.py")
    assert len(values["short_description"]) <= 60
