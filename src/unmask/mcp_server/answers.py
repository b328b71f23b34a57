"""The answers of the tools: short structured content, and text that states result, uncertainty and limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unmask.card import ModelCard
from unmask.explaining import Explanation
from unmask.headline import make_headline
from unmask.reporting.report import Report
from unmask.signals.signal import Severity
from unmask.verdict import Finding, Thresholds, Verdict

MAX_FACES = 20
"""Faces that one answer lists; the number of all faces is always given."""
NOT_PROOF = (
    "This is an estimate by a statistical model, not proof. It judges the pixels of faces only: not whether the scene "
    "is true, who is shown, or anything around the face. Probabilities assume that half of the pictures are fake."
)
"""What every answer states."""


def verdict_answer(verdict: Verdict, card: ModelCard, *, whole_picture: bool = False) -> dict[str, Any]:
    """The structured content for one verdict.

    Args:
        verdict: the verdict on a picture.
        card: card of the model that made it.
        whole_picture: whether no face was found and the whole picture was judged.
    """
    headline = make_headline(verdict, card, whole_picture=whole_picture)
    return {
        "path": verdict.path,
        "label": str(verdict.label),
        "probability_fake": _rounded(verdict.probability_fake),
        "conclusion": headline.sentence,
        "caution": headline.caution,
        "thresholds": {name: round(value, 4) for name, value in verdict.thresholds.to_dict().items()},
        "face_count": len(verdict.faces),
        "faces": [
            {
                "box": list(face.box),
                "label": str(face.label),
                "probability_fake": _rounded(face.probability_fake),
                "range_after_reencoding": [round(face.stability.min, 4), round(face.stability.max, 4)]
                if face.stability
                else None,
            }
            for face in verdict.faces[:MAX_FACES]
        ],
        "sha256": verdict.sha256,
        "size": [verdict.width, verdict.height],
        "model": f"{verdict.model.name} {verdict.model.version}",
        "notes": list(verdict.notes),
    }


def verdict_text(answer: dict[str, Any]) -> str:
    """The answer for one verdict in sentences."""
    thresholds = Thresholds(**answer["thresholds"])
    lines = [f"Label: {answer['label']}. {answer['conclusion']}", f"Caution: {answer['caution']}"]
    if answer["face_count"]:
        lines.append(f"Faces: {answer['face_count']}. Rule of the model {answer['model']}: {thresholds}, else unsure.")
    lines += [f"Note: {note}" for note in answer["notes"]]
    return "\n".join([*lines, NOT_PROOF])


def explanation_answer(explanation: Explanation, card: ModelCard) -> dict[str, Any]:
    """The structured content for an explanation: the verdict, and for each face where its evidence lies."""
    tests = [each.faithfulness for each in explanation.faces[:MAX_FACES]]
    return {
        **verdict_answer(explanation.verdict, card, whole_picture=explanation.whole_picture),
        "method": explanation.method,
        "explained": [
            {
                "face": number,
                "class": str(each.target),
                "region": [round(value) for value in each.region],
                "strongest_point": _strongest_point(each.heatmap, each.region),
                "faithfulness": test.reading if test else None,
            }
            for number, (each, test) in enumerate(zip(explanation.faces, tests, strict=False), start=1)
        ],
    }


def explanation_text(answer: dict[str, Any]) -> str:
    """The answer for an explanation in sentences."""
    lines = [verdict_text(answer)]
    for each in answer["explained"]:
        x, y = each["strongest_point"]
        lines.append(
            f"Face {each['face']}: strongest evidence for {each['class']} at x={x}, y={y} (method {answer['method']}). "
            f"{each['faithfulness'] or 'Faithfulness was not tested.'}"
        )
    lines.append("The picture shows each face beside its heat map. A heat map does not outline an edited area.")
    return "\n".join(lines)


def report_answer(report: Report) -> dict[str, Any]:
    """The structured content for a report: the verdict and the signals."""
    return {
        **verdict_answer(report.verdict, report.card, whole_picture=report.explanation.whole_picture),
        "signals": [
            {
                "name": signal.name,
                "title": signal.title,
                "severity": str(signal.severity),
                "reading": signal.reading,
                "limits": signal.limits,
            }
            for signal in report.signals
        ],
    }


def report_text(answer: dict[str, Any]) -> str:
    """The answer for a report in sentences."""
    signals = [each for each in answer["signals"] if each["severity"] != Severity.NONE]
    quiet = [each["title"] for each in answer["signals"] if each["severity"] == Severity.NONE]
    lines = [f"{each['title']} ({each['severity']}): {each['reading']} Limits: {each['limits']}" for each in signals]
    if quiet:
        lines.append(f"Nothing of note: {', '.join(quiet)}.")
    return "\n".join([verdict_text(answer), *lines, "No signal decides alone."])


def folder_answer(findings: Sequence[Finding], total: int, next_cursor: str | None) -> dict[str, Any]:
    """The structured content for one page of a folder: counts and one short row per picture.

    Args:
        findings: those of this page.
        total: number of pictures in the folder.
        next_cursor: the cursor of the next page; None on the last one.
    """
    rows: list[dict[str, Any]] = []
    counts = {"fake": 0, "real": 0, "unsure": 0, "no_face": 0, "failed": 0}
    for finding in findings:
        row: dict[str, Any] = {"path": finding.path}
        if finding.verdict:
            row["label"] = str(finding.verdict.label)
            row["probability_fake"] = _rounded(finding.verdict.probability_fake)
            row["face_count"] = len(finding.verdict.faces)
        elif finding.failure:
            row["error"] = finding.failure.message
        counts[row.get("label", "failed")] += 1
        rows.append(row)
    return {"pictures_in_folder": total, "counts": counts, "pictures": rows, "next_cursor": next_cursor}


def folder_text(answer: dict[str, Any]) -> str:
    """The answer for one page of a folder in lines."""
    counts = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in answer["counts"].items())
    rows = [f"{row['path']}: {_result(row)}" for row in answer["pictures"]]
    cursor = answer["next_cursor"]
    more = "This is the last page." if cursor is None else f"More pictures follow: call again with cursor {cursor!r}."
    page = f"{len(rows)} of {answer['pictures_in_folder']} pictures: {counts}."
    return "\n".join([page, *rows, more, NOT_PROOF])


def _result(row: dict[str, Any]) -> str:
    if "error" in row:
        return f"failed, {row['error']}"
    score = row["probability_fake"]
    return str(row["label"]) if score is None else f"{row['label']}, probability of fake {score:.3f}"


def _rounded(probability: float | None) -> float | None:
    return None if probability is None else round(probability, 4)


def _strongest_point(heatmap: Any, region: Sequence[float]) -> list[int]:
    """The pixel of the upright picture at the center of the map's largest value."""
    rows, columns = heatmap.shape
    row, column = divmod(int(heatmap.argmax()), columns)
    x, y, width, height = region
    return [round(x + (column + 0.5) * width / columns), round(y + (row + 0.5) * height / rows)]
