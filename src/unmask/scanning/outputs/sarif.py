"""The SARIF 2.1.0 output, which GitHub, GitLab and editors show as findings of a check.

Pictures that are `fake` or `unsure` are results, failures are notifications of the tool. Others are only counted.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from unmask._version import __version__
from unmask.headline import make_headline
from unmask.scanning.items import is_local_file
from unmask.scanning.outputs.journaled import JournaledOutput
from unmask.scanning.outputs.output import FindingRow
from unmask.verdict import Finding, Label, Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
RULES: dict[Label, dict[str, Any]] = {
    Label.FAKE: {
        "id": "fake-face",
        "name": "FakeFace",
        "shortDescription": {"text": "A face in this picture is probably fake."},
        "fullDescription": {"text": "The score of a face is above the model's threshold for fake."},
        "defaultConfiguration": {"level": "error"},
        "help": {"text": "Find the original of the picture, and run: unmask report PICTURE. A verdict is not proof."},
    },
    Label.UNSURE: {
        "id": "unsure-face",
        "name": "UnsureFace",
        "shortDescription": {"text": "It is open whether a face in this picture is real or fake."},
        "fullDescription": {"text": "The score of a face lies between the thresholds, or changes with re-encoding."},
        "defaultConfiguration": {"level": "note"},
        "help": {"text": "Let a person look at the picture, and run: unmask report PICTURE."},
    },
}
"""The rule for each label that makes a result."""


class SarifOutput(JournaledOutput):
    """A `.sarif` file written from a journal; the journal is kept, so that the scan can be resumed."""

    def __init__(self, path: Path, fails: Callable[[Finding], bool] = lambda finding: False) -> None:
        """Create an output.

        Args:
            path: the file.
            fails: whether a finding fails the check; its result has the level `error`.
        """
        super().__init__(path)
        self._fails = fails

    def _write_file(self, rows: Iterator[FindingRow], path: Path) -> None:
        labels: Counter[str] = Counter()
        results: list[dict[str, Any]] = []
        notifications: list[dict[str, Any]] = []
        for finding in map(Finding.from_dict, rows):
            labels[str(finding.verdict.label) if finding.verdict else "failed"] += 1
            if finding.failure:
                notifications.append(_notification(finding))
            elif finding.verdict and finding.verdict.label in RULES:
                results.append(_result(finding, finding.verdict, self._fails(finding)))
        run = {
            "tool": {"driver": {"name": "unmask", "version": __version__, "rules": list(RULES.values())}},
            "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": notifications}],
            "results": results,
            "columnKind": "unicodeCodePoints",
            "properties": {"pictures": labels.total(), "labels": dict(labels)},
        }
        log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
        path.write_text(json.dumps(log, ensure_ascii=False, indent=1), "utf-8", "backslashreplace")


def _result(finding: Finding, verdict: Verdict, fails: bool) -> dict[str, Any]:
    headline = make_headline(verdict)
    rule = RULES[verdict.label]
    return {
        "ruleId": rule["id"],
        "ruleIndex": list(RULES).index(verdict.label),
        "level": "error" if fails else rule["defaultConfiguration"]["level"],
        "message": {"text": f"{headline.sentence} {headline.caution}"},
        "locations": [_location(finding.path)],
        "partialFingerprints": {"pictureSha256/v1": verdict.sha256},
        "rank": round(100 * (verdict.probability_fake or 0.0), 2),
        "properties": {
            "probability_fake": verdict.probability_fake,
            "thresholds": verdict.thresholds.to_dict(),
            "faces": [face.to_dict() for face in verdict.faces],
            "model": verdict.model.to_dict(),
        },
    }


def _notification(finding: Finding) -> dict[str, Any]:
    assert finding.failure
    return {
        "level": "error",
        "message": {"text": finding.failure.message},
        "locations": [_location(finding.path)],
        "properties": {"code": finding.failure.code},
    }


def _location(path: str) -> dict[str, Any]:
    """The place of a result; viewers need a region, and a picture has no lines, so it is the first one."""
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": {"startLine": 1}}}


def _uri(path: str) -> str:
    """The URI of a path: relative to the current folder if the file lies below it."""
    if not is_local_file(path):
        return quote(path, safe=":/?&=!%")
    absolute = Path(os.path.abspath(path))
    current = Path.cwd()
    if absolute.is_relative_to(current):
        return quote(absolute.relative_to(current).as_posix().encode("utf-8", "surrogateescape"))
    return absolute.as_uri()
