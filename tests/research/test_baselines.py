"""The baselines: each row is measured once and kept, other conditions are refused, the page shows the kept rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from research.studies.baselines.page import fill
from research.studies.baselines.rows import Conditions, read_rows

ROOT = Path(__file__).parents[2]
PAGE = """\
# Written by hand

<!-- conditions of the baselines -->
old conditions

<!-- table of the baselines -->
| old |

<!-- networks of the baselines -->

What the table teaches.
"""
CONDITIONS = {
    "minutes": 15.0,
    "data": "faces",
    "sha256": "ab" * 32,
    "real": 2345,
    "fake": 2400,
    "threads": 2,
    "workers": 1,
}


def keep_row(folder: Path, name: str, **changes: Any) -> None:
    """A finished row, as it lies in the folder."""
    figures = {"auc": [0.9, 0.88, 0.92], "accuracy": [0.8, 0.78, 0.82]}
    row = {
        "name": name, "conditions": CONDITIONS, "minutes": 16.25, "pictures": 12345, "milliseconds": 2.5,
        "sources": {"ours": figures, "reals": {"accuracy": [0.7, 0.6, 0.8]}},
        "tiers": {"clean": figures, "web": figures, "hard": {"auc": [0.61, 0.6, 0.7], "accuracy": [0.51, 0.5, 0.6]}},
        "cpu": "One CPU", "torch": "9.9", "date": "2030-01-02",
    }  # fmt: skip
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(row | changes), "utf-8")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.md"
    path.write_text(PAGE, "utf-8")
    return path


def write(tmp_path: Path, page: Path) -> subprocess.CompletedProcess[str]:
    """The command without data, where PyTorch cannot be imported."""
    poison = tmp_path / "poison"
    poison.mkdir(exist_ok=True)
    (poison / "torch.py").write_text("raise SystemExit('torch was imported')")
    path = os.pathsep.join([str(poison), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "research.studies.baselines", "--results", str(tmp_path / "rows")]
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.run(
        [*command, "--out", str(page)], capture_output=True, text=True, env=environment, cwd=ROOT, timeout=60
    )


def test_the_page_is_made_from_kept_rows_alone(tmp_path: Path, page: Path) -> None:
    keep_row(tmp_path / "rows", "vit")
    keep_row(tmp_path / "rows", "cnn3", cpu="Another CPU")
    for _ in range(2):
        done = write(tmp_path, page)
        assert done.returncode == 0, done.stderr
    text = page.read_text("utf-8")
    assert text.startswith("# Written by hand\n\n<!-- conditions")
    assert text.endswith("|\n\nWhat the table teaches.\n")
    assert "old" not in text
    assert (
        "Finished networks: 2 of 10. Conditions of each: 15 minutes, data `faces` (sha256 abababababab…; 2,345 real"
        in text
    )
    assert "* Another CPU, PyTorch 9.9: cnn3 (2030-01-02)\n* One CPU, PyTorch 9.9: vit (2030-01-02)\n\n" in text
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.count("|") > 5]
    assert len({len(row) for row in rows}) == 1
    named = {row[0]: row[1:] for row in rows}
    figures = ["0.900 / 0.800", "– / 0.700", "0.900 / 0.800", "0.900 / 0.800", "0.610 / 0.510"]
    assert named["vit"] == ["3,707,137", "12,345", "16.2 of 15", "2.5", *figures]
    assert named["xception"][:2] == ["20,809,001", "not finished"]
    assert sum("not finished" in row for row in rows) == 8


@pytest.mark.parametrize("change", [{"minutes": 5.0}, {"sha256": "cd" * 32}, {"threads": 4}, {"workers": 0}])
def test_rows_of_other_conditions_are_not_mixed(tmp_path: Path, page: Path, change: dict[str, Any]) -> None:
    keep_row(tmp_path / "rows", "cnn3")
    keep_row(tmp_path / "rows", "vit", conditions=CONDITIONS | change)
    done = write(tmp_path, page)
    assert done.returncode == 1
    assert "vit.json was made under other conditions" in done.stderr
    assert page.read_text("utf-8") == PAGE


def test_the_name_of_the_dataset_is_not_compared(tmp_path: Path, page: Path) -> None:
    keep_row(tmp_path / "rows", "cnn3")
    keep_row(tmp_path / "rows", "vit", conditions=CONDITIONS | {"data": "moved"})
    assert write(tmp_path, page).returncode == 0


def test_a_page_without_a_marker_is_an_error_and_unchanged(tmp_path: Path, page: Path) -> None:
    page.write_text("# Mine\n", "utf-8")
    done = write(tmp_path, page)
    assert done.returncode == 1
    assert "no line <!-- conditions of the baselines -->" in done.stderr
    assert page.read_text("utf-8") == "# Mine\n"


def test_the_documented_page_matches_the_stored_rows() -> None:
    text = (ROOT / "docs/baselines.md").read_text("utf-8")
    kept = read_rows(ROOT / "research/studies/baselines/results")
    assert fill(text, kept) == text, "run: python -m research.studies.baselines --out docs/baselines.md"


def smaller(recipe: Any) -> Any:
    """The recipe with small pictures, four at a time."""
    preprocessing, fit = replace(recipe.preprocessing, size=64), replace(recipe.fit, batch_size=4)
    return replace(recipe, preprocessing=preprocessing, fit=fit)


@pytest.mark.slow
def test_a_row_is_trained_measured_and_never_made_again(
    tmp_path: Path, page: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("torch")
    from research.studies.baselines import training
    from research.studies.baselines.__main__ import main
    from tests.training.conftest import write_pictures
    from unmask.training.engine.state import load as load_run

    monkeypatch.setattr(training, "recipe_for", lambda name, full=training.recipe_for: smaller(full(name)))
    monkeypatch.setenv("UNMASK_CACHE", str(tmp_path / "cache"))
    rng = np.random.default_rng(0)
    write_pictures(tmp_path / "stripes/Train", 10, rng)
    write_pictures(tmp_path / "stripes/Test", 3, rng)
    command = [str(tmp_path / "stripes"), "--threads=1", "--workers=0", f"--out={page}"]
    command += [f"--results={tmp_path / 'rows'}", f"--work={tmp_path / 'work'}"]
    monkeypatch.setenv("UNMASK_WEIGHTS", str(tmp_path))
    main([*command, "--only=mobilenetv2-imagenet,cnn-spectral", "--minutes=0.02"])
    printed = capsys.readouterr().err
    assert "row 1 of 2, mobilenetv2-imagenet: more than 0 minutes left" in printed
    assert "mobilenetv2-imagenet is omitted: network.weights: no file mobilenetv2_1.0_imagenet.npz" in printed
    assert "row 2 of 2, cnn-spectral: about " in printed

    row = json.loads((tmp_path / "rows/cnn-spectral.json").read_text("utf-8"))
    plan = json.loads((tmp_path / "work/cnn-spectral/plan.json").read_text("utf-8"))
    run = load_run(tmp_path / "work/cnn-spectral/last.pt")["state"]
    assert 0 < row["minutes"] == run["seconds"] / 60
    assert row["pictures"] == 4 * run["step"] == training.EPOCHS * plan["per_epoch"]
    assert row["milliseconds"] > 0
    assert set(row["tiers"]) == {"clean", "web", "hard"}
    assert set(row["sources"]["stripes"]) == {"auc", "accuracy"}
    text = page.read_text("utf-8")
    assert f"| cnn-spectral | 433,505 | {row['pictures']:,} | {row['minutes']:.1f} of 0.02 |" in text
    assert "What the table teaches." in text

    with pytest.raises(SystemExit, match=r"cnn-spectral\.json was made under other conditions"):
        main([*command, "--only=cnn-spectral", "--minutes=0.03"])
    (tmp_path / "rows/cnn-spectral.json").rename(tmp_path / "elsewhere.json")
    with pytest.raises(SystemExit, match=r"plan\.json was made under other conditions"):
        main([*command, "--only=cnn-spectral", "--minutes=0.03"])
    (tmp_path / "elsewhere.json").rename(tmp_path / "rows/cnn-spectral.json")
    monkeypatch.setitem(sys.modules, "research.studies.baselines.training", None)
    main([*command, "--only=cnn-spectral", "--minutes=0.02"])


@pytest.mark.parametrize(("rate", "per_epoch", "warmup"), [(6.0, 1792, 16), (300.0, 89984, 200)])
def test_a_run_is_planned_to_fill_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: float, per_epoch: int, warmup: int
) -> None:
    """Xception sees 5,400 pictures in 15 minutes at 6 a second: fewer steps than the warm-up of its recipe."""
    pytest.importorskip("torch")
    from research.studies.baselines import training

    conditions = Conditions(**CONDITIONS)
    monkeypatch.setattr(training, "images_per_second", lambda *given: rate)
    planned = training.plan_recipe(training.recipe_for("xception"), None, conditions, tmp_path / "plan.json")
    assert planned.data.per_epoch == per_epoch
    assert planned.schedule.warmup == warmup
    monkeypatch.setattr(training, "images_per_second", lambda *given: 2 * rate)
    assert training.plan_recipe(training.recipe_for("xception"), None, conditions, tmp_path / "plan.json") == planned


def test_a_disturbed_run_does_not_change_the_time_of_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    from research.studies.baselines import training

    now, took = [0.0], [9.0, 9.0, 9.0, *[0.002, 0.002, 5.0, 0.002, 0.003]]

    def open_session(model: bytes, *, threads: int) -> SimpleNamespace:
        def run(pixels: object) -> None:
            now[0] += took.pop(0)

        assert threads == 1
        return SimpleNamespace(inputs={"pixels": ["N", 8, 8, 3]}, run=run)

    monkeypatch.setattr(training, "open_session", open_session)
    monkeypatch.setattr(training, "thread_time", lambda: now[0])
    assert training.milliseconds(ROOT / "README.md", rounds=5) == pytest.approx(2.0)
