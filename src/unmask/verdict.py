"""Results: verdict, face, stability, failure and finding, with the wire form that every output uses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from unmask.errors import UnmaskError

DISPLAY_MIN, DISPLAY_MAX = 0.001, 0.999
DOUBTFUL_FACE = "doubtful_face"
"""Reason of a face that is `unsure` because the face detector is not certain of it."""
PRIOR = 0.5
"""The prior probability of fake."""
NEVER_REAL = 1e-9
"""A threshold `real_below` up to this value means that the model labels nothing as real."""
NEVER_FAKE = 1 - 1e-9
"""A threshold `fake_above` from this value on means that the model labels nothing as fake."""


class Label(StrEnum):
    """The labels of a picture; a face has one of the first three."""

    FAKE = "fake"
    REAL = "real"
    UNSURE = "unsure"
    NO_FACE = "no_face"


def display_probability(probability: float) -> float:
    """A probability clipped to the displayed range of 0.1 % to 99.9 %."""
    return min(max(probability, DISPLAY_MIN), DISPLAY_MAX)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Below `real_below` a face is `real`, above `fake_above` it is `fake`, between them `unsure`."""

    real_below: float
    fake_above: float

    def label(self, probability_fake: float) -> Label:
        """The label of one face."""
        if probability_fake > self.fake_above:
            return Label.FAKE
        return Label.REAL if probability_fake < self.real_below else Label.UNSURE

    @property
    def allows_real(self) -> bool:
        """Whether a face can be labeled `real`; False for a model whose threshold is 0."""
        return self.real_below > NEVER_REAL

    @property
    def allows_fake(self) -> bool:
        """Whether a face can be labeled `fake`; False for a model whose threshold is 1."""
        return self.fake_above < NEVER_FAKE

    def __str__(self) -> str:
        real = f"real below {self.real_below:.1%}" if self.allows_real else "never real"
        fake = f"fake above {self.fake_above:.1%}" if self.allows_fake else "never fake"
        return f"{fake}, {real}"

    def to_dict(self) -> dict[str, float]:
        """The wire form."""
        return {"real_below": self.real_below, "fake_above": self.fake_above}


@dataclass(frozen=True, slots=True)
class Stability:
    """Spread of a face's score over mild re-encodings.

    Attributes:
        min, max: smallest and largest `probability_fake`, including that of the original picture.
        flips: number of re-encodings that changed the label to the opposite class.
    """

    min: float
    max: float
    flips: int

    def to_dict(self) -> dict[str, float | int]:
        """The wire form."""
        return {"min": self.min, "max": self.max, "flips": self.flips}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Stability:
        """Read the wire form."""
        return cls(float(data["min"]), float(data["max"]), int(data["flips"]))


@dataclass(frozen=True, slots=True)
class Face:
    """One judged face.

    Attributes:
        box: `x, y, width, height` in pixels of the upright picture.
        label: `fake`, `real` or `unsure`.
        probability_fake: calibrated, in (0, 1), and corrected for the number of faces in the picture.
        stability: None if it was not measured.
        detection_score: score of the face detector, from 0 to 1; None if the face was not searched for.
        reason: `doubtful_face` if the label is `unsure` because of a low detection score; else None.
    """

    box: tuple[int, int, int, int]
    label: Label
    probability_fake: float
    stability: Stability | None = None
    detection_score: float | None = None
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "box": list(self.box),
            "label": str(self.label),
            "probability_fake": self.probability_fake,
            "stability": self.stability.to_dict() if self.stability else None,
            **({} if self.detection_score is None else {"detection_score": self.detection_score}),
            **({} if self.reason is None else {"reason": self.reason}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Face:
        """Read the wire form."""
        x, y, w, h = (int(value) for value in data["box"])
        stability = Stability.from_dict(data["stability"]) if data.get("stability") else None
        label, probability = Label(data["label"]), float(data["probability_fake"])
        score = data.get("detection_score")
        return cls(
            (x, y, w, h), label, probability, stability, None if score is None else float(score), data.get("reason")
        )


@dataclass(frozen=True, slots=True)
class ModelReference:
    """The model that made a verdict: its name, its version, and the SHA-256 of its file."""

    name: str
    version: str
    sha256: str

    def to_dict(self) -> dict[str, str]:
        """The wire form."""
        return {"name": self.name, "version": self.version, "sha256": self.sha256}


def picture_label(faces: Sequence[Face]) -> Label:
    """`fake` if any face is, else `unsure` if any is, else `real`; `no_face` where there is none."""
    labels = {face.label for face in faces}
    return next((label for label in (Label.FAKE, Label.UNSURE, Label.REAL) if label in labels), Label.NO_FACE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result for one picture.

    Attributes:
        path: the path or name of the picture; None if it has none.
        sha256: of the original bytes.
        width, height: of the upright picture in pixels.
        format: "JPEG", "PNG", …; "array" for pixels that do not come from a file.
        label: of the picture, by its faces.
        probability_fake: the highest of the faces; None for `no_face`.
        thresholds: the applied ones; probabilities, not thresholds, are corrected for the number of faces.
        faces: largest first.
        model: the model that made the verdict.
        seconds: wall-clock time of the inference.
        notes: what is odd about the file, one sentence each; part of the wire form only where there is one.
        smallest_face: side in pixels (square root of the box's area) below which faces were not searched; None if the
            faces were given.
    """

    path: str | None
    sha256: str
    width: int
    height: int
    format: str
    label: Label
    probability_fake: float | None
    thresholds: Thresholds
    faces: tuple[Face, ...]
    model: ModelReference
    seconds: float
    notes: tuple[str, ...] = ()
    smallest_face: int | None = None

    @classmethod
    def from_faces(
        cls,
        faces: tuple[Face, ...],
        thresholds: Thresholds,
        model: ModelReference,
        *,
        path: str | None,
        sha256: str,
        size: tuple[int, int],
        format: str,  # noqa: A002  the wire form's word
        seconds: float,
        notes: tuple[str, ...] = (),
        smallest_face: int | None = None,
    ) -> Verdict:
        """The verdict on a picture from its judged faces; `size` is its width and height in pixels."""
        probability = max((face.probability_fake for face in faces), default=None)
        label = picture_label(faces)
        return cls(
            path, sha256, *size, format, label, probability, thresholds, faces, model, seconds, notes, smallest_face
        )

    @property
    def confidence(self) -> float | None:
        """The displayed probability of the label; None for `unsure` and `no_face`."""
        if self.probability_fake is None or self.label not in (Label.FAKE, Label.REAL):
            return None
        return display_probability(self.probability_fake if self.label is Label.FAKE else 1 - self.probability_fake)

    def with_path(self, path: str | None) -> Verdict:
        """A copy of the verdict with another path."""
        return replace(self, path=path)

    def to_dict(self) -> dict[str, Any]:
        """The wire form of the command line, the REST API and the reports."""
        return {
            "path": self.path,
            "sha256": self.sha256,
            "width": self.width,
            "height": self.height,
            "format": self.format,
            "label": str(self.label),
            "probability_fake": self.probability_fake,
            "thresholds": self.thresholds.to_dict(),
            "faces": [face.to_dict() for face in self.faces],
            "model": self.model.to_dict(),
            "seconds": round(self.seconds, 4),
            **({"notes": list(self.notes)} if self.notes else {}),
            **({} if self.smallest_face is None else {"smallest_face": self.smallest_face}),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Verdict:
        """Read the wire form.

        Raises:
            KeyError, TypeError, ValueError: the data are not a verdict.
        """
        probability = data["probability_fake"]
        return cls(
            path=data["path"],
            sha256=str(data["sha256"]),
            width=int(data["width"]),
            height=int(data["height"]),
            format=str(data["format"]),
            label=Label(data["label"]),
            probability_fake=None if probability is None else float(probability),
            thresholds=Thresholds(**data["thresholds"]),
            faces=tuple(Face.from_dict(face) for face in data["faces"]),
            model=ModelReference(**data["model"]),
            seconds=float(data["seconds"]),
            notes=tuple(str(note) for note in data.get("notes", ())),
            smallest_face=data.get("smallest_face"),
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a picture could not be judged.

    Attributes:
        code: stable name of the kind of error.
        message: the error in one line.
    """

    code: str
    message: str

    @classmethod
    def from_error(cls, error: UnmaskError) -> Failure:
        """The failure with the code and message of an error."""
        return cls(error.code, error.message)

    def to_dict(self) -> dict[str, str]:
        """The wire form."""
        return {"code": self.code, "message": self.message}


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of a scan: the path of a picture and its verdict or failure."""

    path: str
    result: Verdict | Failure

    @property
    def verdict(self) -> Verdict | None:
        """The verdict; None for a failure."""
        return self.result if isinstance(self.result, Verdict) else None

    @property
    def failure(self) -> Failure | None:
        """The failure; None for a verdict."""
        return self.result if isinstance(self.result, Failure) else None

    def to_dict(self) -> dict[str, Any]:
        """The wire form: that of the verdict, or `{path, problem}`."""
        if isinstance(self.result, Verdict):
            return {**self.result.to_dict(), "path": self.path}
        return {"path": self.path, "problem": self.result.to_dict()}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Finding:
        """Read the wire form.

        Raises:
            KeyError, TypeError, ValueError: the data are not a finding.
        """
        result = Failure(**data["problem"]) if "problem" in data else Verdict.from_dict(data)
        return cls(str(data["path"]), result)
