"""`unmask train`."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Run


def test_a_misspelled_key_is_one_line_and_exit_2(run_cli: Run, tmp_path: Path) -> None:
    (tmp_path / "Real").mkdir()
    (tmp_path / "Fake").mkdir()
    for folder in ("Real", "Fake"):
        (tmp_path / folder / "a.jpg").write_bytes(b"")
    done = run_cli("train", tmp_path, "-o", tmp_path / "out", "--set", "fit.epoch=3")
    assert done.returncode == 2
    assert done.stderr == "unmask: fit.epoch: no such key; did you mean epochs?\n"
