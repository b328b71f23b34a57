"""Models of requests and responses of review, model reload and shadow candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from unmask.verdict import ModelReference
from unmask.web.schemas import HistoryEntry

Choice = Literal["real", "fake", "cannot_tell", "not_a_face"]
Kind = Literal["", "generated", "manipulated"]


class ReviewDecision(BaseModel):
    """The decision of a reviewer."""

    choice: Choice
    kind: Kind
    reviewer: str
    created: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEntry(HistoryEntry):
    """A picture of the review queue."""

    reason_for_review: Literal["disputed", "unsure", "control"]
    decisions: list[ReviewDecision]


class ReviewQueue(BaseModel):
    """The next pictures to review. `open` counts all that need a decision, `disagreements` those with two answers."""

    items: list[ReviewEntry]
    open: int
    reviewed: int
    disagreements: int


class NewDecision(BaseModel):
    """A decision on a judged picture."""

    model_config = {
        "extra": "forbid",
        "json_schema_extra": {
            "examples": [{"id": "0651f0c2d8a1b2" + 16 * "0", "choice": "fake", "kind": "generated", "reviewer": "ana"}]
        },
    }

    id: str = Field(pattern="^[0-9a-f]{30}$", description="The verdict's id.")
    choice: Choice
    kind: Kind = ""
    reviewer: str = Field("", max_length=64, description="Name of the reviewer; empty for the API key.")


class Stored(BaseModel):
    """The number of stored entries."""

    stored: int


class Reloaded(BaseModel):
    """The loaded model, and whether it differs from the one before."""

    model: ModelReference
    changed: bool


class LabelPair(BaseModel):
    """Number of pictures with these labels of the active model and of the candidate."""

    active: str
    candidate: str
    count: int


class ShadowComparison(BaseModel):
    """The shadow candidate beside the active model."""

    candidate: ModelReference
    pictures: int
    same_label: int
    labels: list[LabelPair]
    mean_shift: float | None
