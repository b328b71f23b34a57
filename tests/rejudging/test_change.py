"""What differs between earlier and new findings, in which order, and why."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from unmask.errors import UsageError
from unmask.rejudging import Cause, compare_results, plan_rejudging, write_changes
from unmask.verdict import Face, Failure, Finding, Label, ModelReference, Stability, Thresholds, Verdict

OLD, NEW = ModelReference("old", "1", "a" * 64), ModelReference("new", "2", "b" * 64)


def finding(
    path: str,
    probability: float,
    label: Label,
    model: ModelReference = OLD,
    thresholds: Thresholds = Thresholds(0.2, 0.8),  # noqa: B008
    stability: Stability | None = None,
) -> Finding:
    face = Face((1, 2, 30, 40), label, probability, stability, 0.9)
    verdict = Verdict(path, "c" * 64, 64, 64, "JPEG", label, probability, thresholds, (face,), model, 0.1)
    return Finding(path, verdict)


def test_changes_are_sorted_by_importance_and_have_reasons() -> None:
    before = [
        finding("same", 0.5, Label.UNSURE),
        finding("rule", 0.79, Label.UNSURE),
        finding("score", 0.75, Label.UNSURE),
        finding("reversed", 0.1, Label.REAL),
        finding("probe", 0.9, Label.FAKE),
        Finding("broken", Failure("corrupt_image", "broken: damaged")),
        finding("gone", 0.5, Label.UNSURE),
    ]
    stricter = Thresholds(0.2, 0.7)
    after = {
        "same": finding("same", 0.5, Label.UNSURE, NEW),
        "rule": finding("rule", 0.78, Label.FAKE, NEW, stricter),
        "score": finding("score", 0.95, Label.FAKE, NEW),
        "reversed": finding("reversed", 0.85, Label.FAKE, NEW),
        "probe": finding("probe", 0.9, Label.UNSURE, NEW),
        "broken": finding("broken", 0.5, Label.UNSURE, NEW),
    }
    changes = compare_results(before, after)
    assert [(change.before.path, change.cause) for change in changes] == [
        ("reversed", Cause.SCORE),
        ("score", Cause.SCORE),
        ("rule", Cause.THRESHOLDS),
        ("broken", Cause.FAILURE),
        ("probe", Cause.STABILITY),
        ("same", Cause.NONE),
    ]
    assert [change.relabeled for change in changes] == [True] * 5 + [False]


def test_other_bytes_and_other_faces_are_named() -> None:
    old = finding("a", 0.5, Label.UNSURE)
    assert old.verdict
    other = Finding("a", replace(old.verdict, sha256="d" * 64, probability_fake=0.9))
    assert compare_results([old], {"a": other})[0].cause is Cause.FILE
    none = Finding("a", replace(old.verdict, faces=(), label=Label.NO_FACE, probability_fake=None))
    assert compare_results([old], {"a": none})[0].cause is Cause.FACES


def test_changes_are_written_as_table_lines_and_page(tmp_path: Path) -> None:
    before = [finding("a<b>.jpg", 0.1, Label.REAL), finding("b.jpg", 0.5, Label.UNSURE)]
    after = {"a<b>.jpg": finding("a<b>.jpg", 0.9, Label.FAKE, NEW), "b.jpg": finding("b.jpg", 0.5, Label.UNSURE, NEW)}
    changes = compare_results(before, after)
    for name in ("c.csv", "c.jsonl", "c.html"):
        write_changes(tmp_path / name, changes, ["gone.jpg"])
    [row] = csv.DictReader((tmp_path / "c.csv").open(encoding="utf-8"))
    assert (row["from"], row["to"], row["model_after"]) == ("real", "fake", f"new 2 ({'b' * 12})")
    [line] = (tmp_path / "c.jsonl").read_text().splitlines()
    assert json.loads(line)["shift"] == pytest.approx(0.8)
    page = (tmp_path / "c.html").read_text()
    assert "a&lt;b&gt;.jpg" in page
    assert "gone.jpg" in page
    assert "real → fake" in page
    with pytest.raises(UsageError, match="unknown format of changes"):
        write_changes(tmp_path / "c.xlsx", changes)


def test_the_plan_has_what_is_in_place_and_the_options_of_the_verdicts(tmp_path: Path) -> None:
    (tmp_path / "here.jpg").touch()
    here, done = str(tmp_path / "here.jpg"), str(tmp_path / "done.jpg")
    findings = [
        finding(here, 0.5, Label.UNSURE, stability=Stability(0.4, 0.6, 0)),
        finding(done, 0.5, Label.UNSURE, NEW),
        finding("x.zip/one.jpg", 0.5, Label.UNSURE),
    ]
    plan = plan_rejudging(findings, NEW.sha256)
    assert (plan.paths, plan.missing) == ((here,), ("x.zip/one.jpg",))
    assert [each.path for each in plan.current] == [done]
    assert plan.stability
    assert not plan.whole_picture
