"""The review queue, decisions, agreement and manifest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from unmask.datasets import Dataset
from unmask.errors import UsageError
from unmask.review import (
    Decision,
    DecisionLog,
    Reason,
    ReviewItem,
    agreements,
    queue_from_findings,
    review_reason,
    write_manifest,
)
from unmask.verdict import Failure, Finding, Label, ModelReference, Thresholds, Verdict

SHA = ["0" * 63 + str(number) for number in range(10)]


def verdict(label: Label, sha256: str = "f" * 64) -> Verdict:
    model = ModelReference("m", "1", "a" * 64)
    probability = {Label.FAKE: 0.9, Label.REAL: 0.1, Label.UNSURE: 0.5}.get(label)
    return Verdict("p.jpg", sha256, 8, 8, "JPEG", label, probability, Thresholds(0.2, 0.8), (), model, 0.1)


@pytest.mark.parametrize(
    ("label", "truths", "reason"),
    [
        (Label.FAKE, ["real"], Reason.DISPUTED),
        (Label.REAL, ["fake"], Reason.DISPUTED),
        (Label.FAKE, ["fake"], None),
        (Label.UNSURE, [], Reason.UNSURE),
        (Label.UNSURE, ["real", "fake"], Reason.DISPUTED),
        (Label.REAL, [], None),
        (Label.NO_FACE, [], None),
    ],
)
def test_reasons(label: Label, truths: list[str], reason: Reason | None) -> None:
    assert review_reason(verdict(label), truths) is reason


def test_the_control_sample_depends_on_the_digest_only() -> None:
    def chosen(label: Label, share: float) -> set[int]:
        digests = [f"{number * 2654435761 % 2**32:08x}" + "0" * 56 for number in range(2000)]
        return {number for number, digest in enumerate(digests) if review_reason(verdict(label, digest), (), share)}

    assert 60 < len(chosen(Label.REAL, 0.05)) < 140
    assert chosen(Label.REAL, 0.05) == chosen(Label.FAKE, 0.05) < chosen(Label.FAKE, 0.2)
    assert not chosen(Label.REAL, 0.0)


def test_the_queue_of_a_scan_has_each_existing_picture_once(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        (tmp_path / name).touch()

    def finding(name: str, label: Label, sha256: str) -> Finding:
        return Finding(str(tmp_path / name), verdict(label, sha256))

    findings = [
        finding("a.jpg", Label.REAL, SHA[1]),
        finding("b.jpg", Label.UNSURE, SHA[2]),
        finding("c.jpg", Label.UNSURE, SHA[2]),
        finding("gone.jpg", Label.UNSURE, SHA[3]),
        Finding(str(tmp_path / "a.jpg"), Failure("x", "y")),
    ]
    queue = queue_from_findings(findings, control=1.0)
    assert [(item.path.name, item.reason) for item in queue] == [
        ("c.jpg", Reason.UNSURE),
        ("a.jpg", Reason.CONTROL),
    ]


def test_decisions_survive_a_line_that_a_crash_cut_off(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "d.jsonl")
    assert log.read() == []
    log.append(Decision(SHA[0], "fake", "ana", "generated"))
    with log.path.open("ab") as file:
        file.write(b'{"sha256": "12')
    log.append(Decision(SHA[1], "real", "ana"))
    found = log.read()
    assert [(each.sha256, each.choice, each.kind) for each in found] == [
        (SHA[0], "fake", "generated"),
        (SHA[1], "real", ""),
    ]
    assert all(each.created for each in found)


def test_another_file_is_not_a_log(tmp_path: Path) -> None:
    (tmp_path / "d.jsonl").write_text('{"x": 1}\n')
    with pytest.raises(UsageError, match="line 1: not a decision"):
        DecisionLog(tmp_path / "d.jsonl").read()
    with pytest.raises(UsageError):
        Decision(SHA[0], "maybe", "ana")  # type: ignore[arg-type]


def test_two_reviewers_must_agree() -> None:
    decisions = [
        Decision(SHA[0], "fake", "ana", "generated"),
        Decision(SHA[0], "fake", "ben"),
        Decision(SHA[1], "fake", "ana"),
        Decision(SHA[1], "real", "ben"),
        Decision(SHA[2], "real", "ana"),
        Decision(SHA[3], "real", "ana"),
        Decision(SHA[3], "fake", "ana"),
    ]
    found = agreements(decisions, 2)
    assert (found[SHA[0]].choice, found[SHA[0]].kind) == ("fake", "generated")
    assert found[SHA[1]].disagreed
    assert found[SHA[1]].choice is None
    assert found[SHA[2]].choice is None
    assert agreements(decisions)[SHA[3]].choice == "fake"


def test_the_manifest_has_agreed_labels_only(tmp_path: Path) -> None:
    items = []
    for number in range(4):
        (tmp_path / f"{number}.jpg").touch()
        item = ReviewItem(tmp_path / f"{number}.jpg", verdict(Label.UNSURE, SHA[number]), Reason.UNSURE)
        items.append(item)
    decisions = [
        Decision(SHA[0], "fake", "ana", "manipulated", "2026-01-01"),
        Decision(SHA[1], "cannot_tell", "ana"),
        Decision(SHA[2], "real", "ana"),
    ]
    assert write_manifest(tmp_path / "reviewed.csv", items, agreements(decisions), source="desk") == 2
    dataset = Dataset.load(tmp_path / "reviewed.csv")
    rows = [(item.path.name, item.label, item.source, item.generator) for item in dataset]
    assert rows == [("0.jpg", "fake", "desk", "manipulated"), ("2.jpg", "real", "desk", None)]
    assert replace(dataset.items[0], split=None).path.is_absolute()
