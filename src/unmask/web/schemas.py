"""The shapes of requests and answers, for the OpenAPI description. The wire form itself is `unmask.verdict`'s."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from unmask.web import examples

Label = Literal["fake", "real", "unsure", "no_face"]


def _like(example: dict[str, Any]) -> ConfigDict:
    """An example for the description of a model."""
    return ConfigDict(json_schema_extra={"examples": [example]})


class Thresholds(BaseModel):
    """Below `real_below` a face is real, above `fake_above` it is fake, between them unsure."""

    real_below: float
    fake_above: float


class Stability(BaseModel):
    """The spread of the score over mild re-encodings, and how many turned the label."""

    min: float
    max: float
    flips: int


class Face(BaseModel):
    """One face: `box` is x, y, width, height in pixels of the upright picture."""

    box: list[int] = Field(min_length=4, max_length=4)
    label: Literal["fake", "real", "unsure"]
    probability_fake: float
    stability: Stability | None


class Model(BaseModel):
    """Which model said it."""

    name: str
    version: str
    sha256: str


class Reason(BaseModel):
    """Why a picture could not be judged: a stable code and one line for people."""

    code: str
    message: str


class Verdict(BaseModel):
    """What unmask says of one picture. `id` names it in the history; null where it is not remembered."""

    id: str | None = None
    path: str | None
    sha256: str
    width: int
    height: int
    format: str
    label: Label
    probability_fake: float | None
    thresholds: Thresholds
    faces: list[Face]
    model: Model
    seconds: float


class Failure(BaseModel):
    """A picture that could not be judged."""

    id: None = None
    path: str
    problem: Reason


class Results(BaseModel):
    """One entry for each picture, in the order sent."""

    model_config = _like(examples.RESULTS)

    results: list[Verdict | Failure]


class Heatmap(Face):
    """A face with its map: how much each cell of `region` speaks for `explained_class` (above 0) or against it."""

    region: list[float]
    explained_class: Literal["real", "fake"]
    heatmap: list[list[float]]
    faithfulness: dict[str, Any] | None


class Explanation(BaseModel):
    """A verdict with the heat map of each face; of the whole picture where no face was found."""

    path: str | None
    sha256: str
    width: int
    height: int
    format: str
    label: Label
    probability_fake: float | None
    thresholds: Thresholds
    faces: list[Heatmap]
    model: Model
    seconds: float
    method: str
    method_shows: str
    whole_picture: bool


class Explanations(BaseModel):
    """One entry for each picture, in the order sent."""

    model_config = _like(examples.EXPLANATIONS)

    results: list[Explanation | Failure]


class Signal(BaseModel):
    """One piece of evidence beside the score.

    `map` is a PNG file in base64 where one was asked for and exists; its numbers are the `levels` in `details`.
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


class Band(BaseModel):
    """What 98 % of real photographs lie between: power in decibels, by frequency from low to high."""

    low: list[float]
    high: list[float]


class Examination(BaseModel):
    """A picture's signals. `box` is the face that those of pixels look at; null for the whole picture."""

    path: str
    sha256: str
    width: int
    height: int
    format: str
    box: list[float] | None
    signals: list[Signal]
    usual_spectrum: Band


class Examinations(BaseModel):
    """One entry for each picture, in the order sent."""

    model_config = _like(examples.EXAMINATIONS)

    results: list[Examination | Failure]


class Report(Explanation):
    """Everything there is to say about one picture, in the wire form of `unmask report --json`."""

    model_config = _like(examples.REPORT)

    signals: list[Signal]
    created: str
    unmask: str


class FeedbackEntry(BaseModel):
    """What a person said a picture really is."""

    truth: Literal["real", "fake"]
    comment: str
    created: str


class HistoryEntry(Verdict):
    """A verdict of the history."""

    created: str
    kept: bool
    feedback: list[FeedbackEntry]


class HistoryPage(BaseModel):
    """Some verdicts, newest first. `next` goes into `before` for the following page; null at the end."""

    items: list[HistoryEntry]
    total: int
    next: str | None


class Deleted(BaseModel):
    """How many were deleted."""

    deleted: int


class Feedback(BaseModel):
    """What the picture of a verdict really is."""

    model_config = {**_like(examples.FEEDBACK), "extra": "forbid"}

    id: str = Field(pattern="^[0-9a-f]{30}$", description="The verdict's id.")
    truth: Literal["real", "fake"]
    comment: str = Field("", max_length=2000)


class Job(BaseModel):
    """A job in numbers."""

    model_config = _like(examples.JOB)

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
    """A job with findings. `next` goes into `after` for the following page; null where there are no more yet."""

    results: list[dict[str, Any]]
    next: int | None


class Models(BaseModel):
    """The cards of the models; `active` marks the one that judges."""

    models: list[dict[str, Any]]


class Server(BaseModel):
    """What a client needs to know of this server."""

    version: str
    model: Model
    explanations: list[str]
    reports: list[str]
    max_files: int
    max_file_bytes: int
    max_job_files: int
    max_job_bytes: int
    keep_images: bool
    retention_days: int


class Examples(BaseModel):
    """Names of the example pictures."""

    examples: list[str]


class LegacyResult(BaseModel):
    """One picture's answer as older front ends read it; `verdict` is unmask's own label."""

    label: Literal["Deepfake", "Real"] | None
    fake_probability: float | None
    filename: str
    verdict: Label | None
    error: str | None


class LegacyResults(BaseModel):
    """The answer of `/predict`."""

    results: list[LegacyResult]


class Problem(BaseModel):
    """An error (RFC 9457). `code` is stable; `detail` is one line for people."""

    model_config = _like(examples.PROBLEM)

    type: str
    title: str
    status: int
    code: str
    detail: str
