"""Compares two records: whether input, model and settings are the same, and how the verdicts differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unmask.errors import UsageError
from unmask.record.build import TOLERANCE


@dataclass(frozen=True, slots=True)
class RecordComparison:
    """The comparison of two records.

    Attributes:
        same_input: whether both are about the same bytes.
        same_model: whether the same model file judged both.
        same_settings: whether both were judged with the same settings.
        labels: label of the first and of the second picture.
        probabilities: `probability_fake` of the first and of the second picture; None for `no_face`.
        faces: number of faces of the first and of the second picture.
        reading: the comparison in plain sentences.
    """

    same_input: bool
    same_model: bool
    same_settings: bool
    labels: tuple[str, str]
    probabilities: tuple[float | None, float | None]
    faces: tuple[int, int]
    reading: str

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "same_input": self.same_input,
            "same_model": self.same_model,
            "same_settings": self.same_settings,
            "labels": list(self.labels),
            "probabilities_fake": list(self.probabilities),
            "face_counts": list(self.faces),
            "reading": self.reading,
        }


def compare_records(first: Mapping[str, Any], second: Mapping[str, Any]) -> RecordComparison:
    """Compares two records of `make_record` or `read_records`. Digests and signatures are not checked.

    Raises:
        UsageError: a record is incomplete.
    """
    try:
        pair = (first, second)
        same = [first[key] == second[key] for key in ("model", "settings")]
        verdicts = [record["verdict"] for record in pair]
        labels = (str(verdicts[0]["label"]), str(verdicts[1]["label"]))
        scores = (_score(verdicts[0]["probability_fake"]), _score(verdicts[1]["probability_fake"]))
        faces = (len(verdicts[0]["faces"]), len(verdicts[1]["faces"]))
        same_input = first["input"]["sha256"] == second["input"]["sha256"]
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(f"a record is incomplete ({error}); make it again with unmask detect --record") from None
    lines = [
        "Both records are about the same bytes." if same_input else "The records are about different files.",
        "The same model judged both." if same[0] else "Different models judged them: the scores cannot be compared.",
    ]
    if not same[1]:
        lines.append("They were judged with different settings.")
    if labels[0] == labels[1]:
        lines.append(f"Both have the label {labels[0]}.")
    else:
        lines.append(f"The labels differ: {labels[0]} and {labels[1]}.")
    lines.append(_score_reading(*scores))
    if faces[0] != faces[1]:
        lines.append(f"The numbers of faces differ: {faces[0]} and {faces[1]}.")
    return RecordComparison(same_input, same[0], same[1], labels, scores, faces, " ".join(lines))


def _score(value: Any) -> float | None:
    return None if value is None else float(value)


def _score_reading(first: float | None, second: float | None) -> str:
    if first is None or second is None:
        return "A picture without a face has no score."
    if abs(first - second) <= TOLERANCE:
        return f"The probabilities of fake are the same within {TOLERANCE:g}: {first:.4f} and {second:.4f}."
    return f"The probabilities of fake are {first:.4f} and {second:.4f}; they differ by {abs(first - second):.4f}."
