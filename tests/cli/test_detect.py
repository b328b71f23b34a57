from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.conftest import Run


def rows(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_one_picture_is_one_line(run_cli: Run, astronaut: Path) -> None:
    done = run_cli("detect", astronaut)
    assert done.returncode == 0
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    assert any(word in line for word in ("REAL", "FAKE", "UNSURE"))
    assert "1 face" in line
    assert "%" in line
    assert str(astronaut) in line


def test_json_has_the_fields_of_the_wire_form(run_cli: Run, astronaut: Path) -> None:
    (row,) = rows(run_cli("detect", astronaut, "--json").stdout)
    assert row["path"] == str(astronaut)
    assert row["label"] in {"real", "fake", "unsure"}
    assert 0 < row["probability_fake"] < 1
    assert len(row["faces"][0]["box"]) == 4


def test_verbose_shows_each_face(fast_cli: Run, astronaut: Path) -> None:
    out = fast_cli("detect", "-v", astronaut).stdout
    assert "face 1" in out
    assert "fake above" in out
    assert "re-encoded" in out
    assert "re-encoded" not in fast_cli("detect", "-v", "--no-stability", astronaut).stdout


def test_broken_pictures_of_a_folder_are_rows_with_a_problem(fast_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in" / "deeper"
    folder.mkdir(parents=True)
    for number in range(8):
        shutil.copy(astronaut, folder / f"{number}.jpg")
    (folder / "a.jpg").write_text("text")
    (folder / "b.png").touch()
    (folder / "notes.txt").write_text("no picture, and not named like one")
    done = fast_cli("detect", tmp_path / "in", "--json", "--no-stability")
    assert done.returncode == 4
    found = rows(done.stdout)
    assert len(found) == 10
    assert {row["problem"]["code"] for row in found if "problem" in row} == {"not_an_image", "empty_file"}


def test_patterns_are_expanded(fast_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    for name in ("x1.jpg", "x2.jpg", "y.jpg"):
        shutil.copy(astronaut, tmp_path / name)
    found = rows(fast_cli("detect", tmp_path / "x*.jpg", "--json", "--no-stability").stdout)
    assert [Path(row["path"]).name for row in found] == ["x1.jpg", "x2.jpg"]
    nothing = fast_cli("detect", tmp_path / "z*.jpg")
    assert nothing.returncode == 2
    assert "no file matches this pattern" in nothing.stderr


def test_an_argument_without_pictures_is_one_problem_and_the_others_are_judged(
    fast_cli: Run, astronaut: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    done = fast_cli("detect", tmp_path / "empty", astronaut, tmp_path / "z*.jpg", "--json", "--no-stability")
    assert done.returncode == 4
    assert ["problem" in row for row in rows(done.stdout)] == [True, False, True]


BAD: dict[str, bytes] = {
    "empty.jpg": b"",
    "text.jpg": b"hello",
    "cut.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "archive.png": b"PK\x03\x04rubbish",
}


def test_a_bad_picture_is_one_clear_line(fast_cli: Run, tmp_path: Path) -> None:
    for name, content in BAD.items():
        (tmp_path / name).write_bytes(content)
    names = [*BAD, "missing.jpg"]
    done = fast_cli("detect", *(tmp_path / name for name in names))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for name, line in zip(names, done.stdout.splitlines(), strict=True):
        assert "PROBLEM" in line
        assert name in line
    found = rows(fast_cli("detect", *(tmp_path / name for name in names), "--json").stdout)
    assert [set(row["problem"]) for row in found] == [{"code", "message"}] * len(names)


def test_hostile_names_cannot_write_to_the_terminal(fast_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "a\x1b[2J[red]\nb.jpg"
    shutil.copy(astronaut, hostile)
    done = fast_cli("detect", hostile, "--no-stability")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 1
    assert "\x1b" not in done.stdout
    assert "[red]" in done.stdout


def test_exit_3_of_a_fake_has_priority_over_exit_4(fast_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing.jpg"
    label = rows(fast_cli("detect", astronaut, "--json").stdout)[0]["label"]
    expected = 3 if label == "fake" else 4
    assert fast_cli("detect", astronaut, missing, "--fail-on", "fake").returncode == expected
    assert fast_cli("detect", astronaut, missing).returncode == 4


def test_annotated_pictures_never_overwrite_each_other(fast_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    for part in ("a", "b"):
        (tmp_path / part).mkdir()
        shutil.copy(astronaut, tmp_path / part / "same.jpg")
    out = tmp_path / "out"
    done = fast_cli("detect", tmp_path / "a", tmp_path / "b", "--annotate", out, "--no-stability")
    assert done.returncode == 0
    assert sorted(path.name for path in out.iterdir()) == ["same-2.jpg", "same.jpg"]
    with Image.open(out / "same.jpg") as drawn, Image.open(astronaut) as original:
        assert np.abs(np.asarray(drawn, float) - np.asarray(original, float)).max() > 80


def test_whole_picture_judges_what_has_no_face(fast_cli: Run, tmp_path: Path) -> None:
    Image.new("RGB", (200, 200), "teal").save(tmp_path / "plain.png")
    assert rows(fast_cli("detect", tmp_path / "plain.png", "--json").stdout)[0]["label"] == "no_face"
    judged = rows(fast_cli("detect", tmp_path / "plain.png", "--json", "--whole-picture").stdout)[0]
    assert judged["label"] in {"real", "fake", "unsure"}


def test_usage_errors_are_one_line_and_exit_2(run_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    unknown = run_cli("detect", astronaut, "--model", "nonsense")
    assert unknown.returncode == 2
    assert unknown.stderr.startswith("unmask: nonsense: no such model")
    assert run_cli("detect").returncode == 2
    assert run_cli("detect", astronaut, "--nonsense").returncode == 2
    (tmp_path / "none").mkdir()
    assert "no picture" in run_cli("detect", tmp_path / "none").stderr


def test_an_invalid_model_file_is_one_line(run_cli: Run, astronaut: Path, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"not a model")
    done = run_cli("detect", astronaut, "--model", tmp_path / "m.onnx")
    assert done.returncode == 1
    assert done.stderr.startswith("unmask: ")
    assert len(done.stderr.splitlines()) == 1


def test_many_pictures_end_with_the_counts_on_stderr(fast_cli: Run, tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number}.jpg").write_bytes(b"text")
    done = fast_cli("detect", tmp_path, "--json")
    assert len(rows(done.stdout)) == 20
    assert done.stderr.startswith("unmask: 0 fake, 0 real, 0 unsure, 0 no face, 20 problems (20 in ")
    assert len(done.stderr.splitlines()) == 1
    (tmp_path / "0.jpg").unlink()
    assert fast_cli("detect", tmp_path, "--json").stderr == ""


def test_notes_on_odd_files_go_to_stderr(tmp_path: Path, astronaut: Path, run_cli: Run) -> None:
    (tmp_path / "odd.jpg").write_bytes(astronaut.read_bytes()[:-2])
    done = run_cli("detect", "--model", "fast", tmp_path / "odd.jpg")
    assert done.returncode == 0
    assert "odd.jpg: The end marker of the JPEG file is missing; all pixels are there." in done.stderr.replace(
        "\n", " "
    )
    row = json.loads(run_cli("detect", "--model", "fast", "--json", tmp_path / "odd.jpg").stdout)
    assert row["notes"] == ["The end marker of the JPEG file is missing; all pixels are there."]


def test_prevalence_adds_restated_probabilities(fast_cli: Run, astronaut: Path) -> None:
    (row,) = rows(fast_cli("detect", astronaut, "--json", "--prevalence", "0.01").stdout)
    (usual,) = rows(fast_cli("detect", astronaut, "--json").stdout)
    restated = row.pop("at_prevalence")
    assert {**row, "seconds": 0} == {**usual, "seconds": 0}
    assert restated["prevalence"] == 0.01
    assert restated["probability_fake"] == restated["faces"][0] < row["probability_fake"]
    first, second = fast_cli("detect", astronaut, "--prevalence", "0.01").stdout.splitlines()
    assert str(astronaut) in first
    assert "where 1% of all pictures are fake; the label does not change" in second
    wrong = fast_cli("detect", astronaut, "--prevalence", "1")
    assert wrong.returncode == 2
    assert "give the share of fakes, such as 0.01" in wrong.stderr
