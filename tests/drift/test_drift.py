"""Two-sample tests, multiple testing, and the report on streams of findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import Run
from unmask.drift import StreamFeatures, drift_page, measure_drift
from unmask.drift.two_sample import category_p_value, category_psi, holm, ks_p_value, number_psi


def rows(count: int, seed: int, new: float = 0.0) -> list[dict[str, Any]]:
    """Findings with scores around 0.2; a share `new` comes from a generator with scores around 0.7 and larger faces."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        fresh = rng.random() < new
        score = float(rng.beta(7, 3) if fresh else rng.beta(2, 8))
        side = int(rng.normal(400 if fresh else 150, 20))
        label = "unsure" if score > 0.4 else "real"
        verdict = {
            "path": "a.jpg",
            "sha256": "0" * 64,
            "width": 640,
            "height": 480,
            "format": "JPEG",
            "label": label,
            "probability_fake": score,
            "thresholds": {"real_below": 0.4, "fake_above": 0.9},
            "faces": [{"box": [0, 0, side, side], "label": label, "probability_fake": score, "stability": None}],
            "model": {"name": "m", "version": "1", "sha256": "1" * 64},
            "seconds": 0.1,
        }
        found.append(verdict)
    return found


def test_the_ks_test_agrees_with_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    for shift, size in ((0.0, 400), (0.1, 400), (0.3, 200), (0.2, 60)):
        one, two = rng.normal(size=300), rng.normal(shift, 1, size)
        exact = stats.ks_2samp(one, two, method="exact").pvalue
        assert ks_p_value(one, two) == pytest.approx(exact, rel=0.35, abs=0.03)
    assert ks_p_value(one, one) == 1.0
    assert ks_p_value(one, np.zeros(0)) == 1.0


def test_false_alarms_of_the_category_test_keep_the_level() -> None:
    rng = np.random.default_rng(1)

    def drawn() -> dict[str, int]:
        return dict(zip("abc", rng.multinomial(200, (0.7, 0.25, 0.05)).tolist(), strict=True))

    values = [category_p_value(drawn(), drawn()) for _ in range(200)]
    assert sum(value < 0.05 for value in values) <= 20
    assert category_p_value({"a": 180, "b": 20}, {"a": 120, "b": 80}) < 0.001
    assert category_p_value({"a": 5}, {"a": 9}) == 1.0


def test_the_stability_index_is_zero_for_equal_and_large_for_other_distributions() -> None:
    rng = np.random.default_rng(2)
    one = rng.normal(size=2000)
    assert number_psi(one, one) == 0
    assert number_psi(one, rng.normal(size=2000)) < 0.03
    assert number_psi(one, rng.normal(1, 1, 2000)) > 0.25
    assert category_psi({"a": 90, "b": 10}, {"b": 100}) > 1


def test_holm_is_the_published_procedure() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_a_new_generator_is_noticed_and_the_same_stream_is_not() -> None:
    reference = StreamFeatures.of(rows(1500, 1))
    same = measure_drift(reference, {"monday": StreamFeatures.of(rows(800, 2))})
    assert not same.drifted
    found = measure_drift(reference, {"tuesday": StreamFeatures.of(rows(800, 3, new=0.1))})
    assert {test.feature for test in found.drifted} >= {"score", "face_size", "label"}
    page = drift_page(found)
    assert "tuesday" in page
    assert "3 of" in page
    assert page.count("<svg") == 6, "three numeric features, in the reference and in one period"
    shares = page[page.index("Shares") :]
    assert shares.index("label") < shares.index("tuesday") < shares.index("real") < shares.index("%")


def test_the_command_exits_with_5_and_names_the_feature(run_cli: Run, tmp_path: Path) -> None:
    for name, data in (("old", rows(600, 1)), ("new", rows(600, 2) + rows(600, 3, new=0.5))):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in data))
    old, new = tmp_path / "old.jsonl", tmp_path / "new.jsonl"
    done = run_cli("drift", new, "--reference", old, "--window", "600", "--html", tmp_path / "d.html")
    assert done.returncode == 5
    assert "score changed in new.jsonl 2" in done.stdout
    assert "new.jsonl 1:" not in done.stdout
    assert (tmp_path / "d.html").exists()
    same = run_cli("drift", old, "--reference", old, "--json")
    assert same.returncode == 0
    assert json.loads(same.stdout)["drifted"] is False
