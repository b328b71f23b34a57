"""Models of requests and responses that only the web API has. Verdicts and failures are those of `unmask.verdict`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from unmask.headline import HeadlineCode
from unmask.verdict import Face, Failure, Label, ModelReference, Verdict
from unmask.web import examples
from unmask.web.clip_schemas import Clip

Notes = Annotated[tuple[str, ...], Field(exclude_if=lambda notes: not notes)]
"""What is odd about a file; absent if nothing is."""
_ABSENT = Field(exclude_if=lambda value: value is None)
OptionalNumber = Annotated[float | None, _ABSENT]
OptionalText = Annotated[str | None, _ABSENT]
OptionalSize = Annotated[int | None, _ABSENT]
"""Fields that are absent if they have no value."""


def _with_example(example: dict[str, Any]) -> ConfigDict:
    """The configuration of a model with an example in the OpenAPI description."""
    return ConfigDict(json_schema_extra={"examples": [example]})


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedFace(Face):
    """A face of a verdict."""

    detection_score: OptionalNumber = None
    reason: OptionalText = None


class Zone(BaseModel):
    """The part of the scale with one label: its ends as a share of the width, and as probabilities of fake."""

    label: Literal["real", "unsure", "fake"]
    start: float
    end: float
    low: float
    high: float


class Scale(BaseModel):
    """The scale of the score: zones from left to right, and places of the scores as a share of its width.

    `position` is the face that decides the label, `faces` are all faces, `spread` the range over mild re-encodings.
    """

    zones: list[Zone]
    position: float | None = None
    faces: list[float]
    spread: tuple[float, float] | None = None


class HeadlineEntry(BaseModel):
    """The words of a verdict for people, in English; `code` and the values are for translations.

    `to_fake` and `to_real` are the distances of the score to the thresholds.
    """

    code: HeadlineCode
    label: Label
    title: str
    detail: str
    sentence: str
    caution: str
    next_steps: list[str]
    probability_fake: float | None = None
    leaning: Literal["real", "fake"] | None = None
    to_fake: float | None = None
    to_real: float | None = None
    not_searched: list[str]
    unseen_miss_rate: dict[str, float]
    scale: Scale


class AtPrevalence(BaseModel):
    """The probabilities for the share of fakes that the request states; labels do not change."""

    prevalence: float
    probability_fake: float | None = None
    faces: list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVerdict(Verdict):
    """A verdict with its headline and its id in the history; the id is null if the verdict is not stored."""

    id: str | None = None
    headline: HeadlineEntry
    at_prevalence: Annotated[AtPrevalence | None, _ABSENT] = None
    clip: Annotated[Clip | None, _ABSENT] = None
    faces: tuple[JudgedFace, ...]
    notes: Notes = ()
    smallest_face: OptionalSize = None


class FailedPicture(BaseModel):
    """A picture that could not be judged."""

    id: None = None
    path: str
    problem: Failure


class Results(BaseModel):
    """One entry for each picture, in the order sent."""

    model_config = _with_example(examples.RESULTS)

    results: list[StoredVerdict | FailedPicture]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedFace(JudgedFace):
    """A face with its heat map.

    Each value of `heatmap` is the evidence of one cell of `region` for `explained_class`; a negative value is evidence
    against it.
    """

    region: list[float]
    explained_class: Literal["real", "fake"]
    heatmap: list[list[float]]
    faithfulness: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedVerdict(Verdict):
    """A verdict with a heat map for each face, or for the whole picture if no face was found."""

    faces: tuple[ExplainedFace, ...]
    method: str
    method_shows: str
    whole_picture: bool
    notes: Notes = ()
    smallest_face: OptionalSize = None


class Explanations(BaseModel):
    """One entry for each picture, in the order sent."""

    model_config = _with_example(examples.EXPLANATIONS)

    results: list[ExplainedVerdict | FailedPicture]


class SignalEntry(BaseModel):
    """One piece of evidence beside the score.

    `map` is a PNG file in base64 if maps were requested and the signal has one. The numbers of the map are the `levels`
    in `details`.
    """

    name: str
    title: str
    state: str
    notice: Literal["none", "look", "strong"]
    reading: str
    limits: str
    decisive_alone: Literal[False]
    details: dict[str, Any]
    map: str | None = None


class SpectrumBand(BaseModel):
    """The band that holds 98 % of real photographs: power in decibels by frequency, from low to high."""

    low: list[float]
    high: list[float]


class Examination(BaseModel):
    """The signals of a picture. `box` is the face that pixel signals are computed for; null for the whole picture."""

    path: str
    sha256: str
    width: int
    height: int
    format: str
    box: list[float] | None
    signals: list[SignalEntry]
    usual_spectrum: SpectrumBand


class Examinations(BaseModel):
    """One entry for each picture, in the order sent."""

    model_config = _with_example(examples.EXAMINATIONS)

    results: list[Examination | FailedPicture]


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureReport(ExplainedVerdict):
    """Verdict, explanation and signals of one picture, in the wire form of `unmask report --json`."""

    __pydantic_config__ = _with_example(examples.REPORT)

    headline: HeadlineEntry
    at_prevalence: Annotated[AtPrevalence | None, _ABSENT] = None
    signals: list[SignalEntry]
    created: str
    unmask: str


class FeedbackEntry(BaseModel):
    """The true label of a picture, as a person reported it."""

    truth: Literal["real", "fake"]
    comment: str
    created: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry(StoredVerdict):
    """A verdict of the history."""

    created: str
    kept: bool
    feedback: list[FeedbackEntry]


class HistoryPage(BaseModel):
    """A page of verdicts, newest first. Pass `next` as `before` to get the following page; null at the end."""

    items: list[HistoryEntry]
    total: int
    next: str | None


class Deleted(BaseModel):
    """The number of deleted verdicts."""

    deleted: int


class Feedback(BaseModel):
    """The true label of a judged picture."""

    model_config = {**_with_example(examples.FEEDBACK), "extra": "forbid"}

    id: str = Field(pattern="^[0-9a-f]{30}$", description="The verdict's id.")
    truth: Literal["real", "fake"]
    comment: str = Field("", max_length=2000)


class Address(BaseModel):
    """The address of a picture on the web."""

    model_config = {**_with_example({"url": "https://www.example.com/photo.jpg"}), "extra": "forbid"}

    url: str = Field(max_length=4096, description="`http` or `https` address of the picture itself.")


class Job(BaseModel):
    """A job with the counts of its pictures."""

    model_config = _with_example(examples.JOB)

    id: str
    created: str
    finished: str | None
    state: Literal["waiting", "running", "done", "cancelled"]
    total: int
    done: int
    cancelled: int


class Jobs(BaseModel):
    """The newest jobs, newest first."""

    jobs: list[Job]


class JobResults(Job):
    """A job with findings. Pass `next` as `after` to get the following page; null if there are no more yet."""

    results: list[dict[str, Any]]
    next: int | None


class Models(BaseModel):
    """The cards of the models; `active` marks the loaded model."""

    models: list[dict[str, Any]]


class Server(BaseModel):
    """Limits and features of the server."""

    version: str
    model: ModelReference
    explanations: list[str]
    reports: list[str]
    max_files: int
    max_file_bytes: int
    max_job_files: int
    max_job_bytes: int
    clips: bool
    max_clip_mb: int
    choose_model: bool
    fetch: bool
    keep_images: bool
    retention_days: int


class Examples(BaseModel):
    """Names of the example pictures."""

    examples: list[str]


class LegacyResult(BaseModel):
    """The result for one picture in the format of older front ends; `verdict` is the label of unmask."""

    label: Literal["Deepfake", "Real"] | None
    fake_probability: float | None
    filename: str
    verdict: Label | None
    error: str | None


class LegacyResults(BaseModel):
    """The response of `/predict`."""

    results: list[LegacyResult]


class Problem(BaseModel):
    """An error (RFC 9457). `code` is stable; `detail` is one line of text."""

    model_config = _with_example(examples.PROBLEM)

    type: str
    title: str
    status: int
    code: str
    detail: str
