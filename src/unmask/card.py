"""What a model file says of itself: the card, stored as JSON in the ONNX metadata under `unmask.card`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from unmask.errors import BadModelFile
from unmask.preprocessing import Preprocessing
from unmask.verdict import Thresholds

METADATA_KEY = "unmask.card"
CLASSES = ("real", "fake")


def sigmoid(logit: float) -> float:
    """The probability of a logit, kept inside (0, 1) so that no score is ever certain."""
    bounded = min(max(logit, -30.0), 30.0)
    return 1.0 / (1.0 + math.exp(-bounded))


@dataclass(frozen=True, slots=True)
class Calibration:
    """From the network's logit to a probability: `sigmoid(slope · logit + intercept)`.

    Temperature scaling is the case `intercept = 0` (Guo et al., "On Calibration of Modern Neural Networks", 2017);
    the general case is Platt's (1999). Probabilities are those of a world in which half of the pictures are fake.

    Attributes:
        slope, intercept: of the calibrated logit.
        floor: the lowest probability that is said. A model that never says `real` knows of nothing that speaks for a
            real picture: where it finds no trace, the odds stay what they were, 0.5.
    """

    slope: float = 1.0
    intercept: float = 0.0
    floor: float = 0.0

    def logit(self, raw: float) -> float:
        """The calibrated logit of the network's `raw` one."""
        return self.slope * raw + self.intercept

    def probability(self, raw: float) -> float:
        """The calibrated probability of `fake` for the network's `raw` logit."""
        return max(self.floor, sigmoid(self.logit(raw)))

    def to_dict(self) -> dict[str, float]:
        """The fields as plain JSON values."""
        line = {"slope": self.slope, "intercept": self.intercept}
        return line | {"floor": self.floor} if self.floor else line


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """Thresholds, the error rates they stand for, and how they change with the number of faces.

    A picture is `fake` if any of its n faces is. So that a real picture of many people is not accused more often than
    a portrait, each face is held to the rate `1 - (1 - rate)^(1/n)` (Šidák, 1967). Rates smaller than the held-out set
    can show directly are read off an exponential tail fitted to the highest logits of real faces.

    Attributes:
        thresholds: for one face.
        false_positive_rate: share of real faces above `fake_above`, on held-out data.
        false_negative_rate: share of fake faces below `real_below`, on held-out data.
        tail: scale of the exponential tail of real faces' calibrated logits above `fake_above`.
    """

    thresholds: Thresholds
    false_positive_rate: float = 0.01
    false_negative_rate: float = 0.05
    tail: float = 1.0

    def for_faces(self, count: int) -> Thresholds:
        """The thresholds each of `count` faces in one picture is held to."""
        if count <= 1:
            return self.thresholds
        per_face = 1.0 - (1.0 - self.false_positive_rate) ** (1.0 / count)
        above = self.thresholds.fake_above
        stricter = math.log(above / (1.0 - above)) + self.tail * math.log(self.false_positive_rate / per_face)
        return Thresholds(self.thresholds.real_below, sigmoid(stricter))

    def __str__(self) -> str:
        """The error rates the thresholds stand for; a model that never says real has one."""
        above = f"{self.false_positive_rate:.1%} of real faces above"
        return f"{above}, {self.false_negative_rate:.1%} of fake faces below" if self.thresholds.allows_real else above

    def to_dict(self) -> dict[str, float]:
        """The fields as plain JSON values."""
        return {
            **self.thresholds.to_dict(),
            "false_positive_rate": self.false_positive_rate,
            "false_negative_rate": self.false_negative_rate,
            "tail": self.tail,
        }


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Everything a model file says of itself.

    Attributes:
        name, version: of the model; `summary` is one line on what it is for.
        classes: names in the order (negative, positive); the positive class is `fake`.
        preprocessing, calibration, decision: what turns a face into a labelled probability.
        training_data: sources, counts, manifest digest.
        metrics: figures with confidence intervals, as `Evaluation.to_dict()` gives them; `groups`, where measured,
            has error rates by what faces look like, as `research/studies/fairness.py` gives them.
        license, limits: terms of use and known failures, for people.
        recipe: the settings that trained it; versions: of the software that did.
    """

    name: str
    version: str
    summary: str = ""
    classes: tuple[str, str] = CLASSES
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    calibration: Calibration = field(default_factory=Calibration)
    decision: DecisionRule = field(default_factory=lambda: DecisionRule(Thresholds(0.2, 0.8)))
    training_data: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    license: str = ""
    limits: tuple[str, ...] = ()
    recipe: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The card as plain JSON values."""
        return {
            "name": self.name,
            "version": self.version,
            "summary": self.summary,
            "classes": list(self.classes),
            "preparation": self.preprocessing.to_dict(),
            "calibration": self.calibration.to_dict(),
            "thresholds": self.decision.to_dict(),
            "training_data": dict(self.training_data),
            "metrics": dict(self.metrics),
            "licence": self.license,
            "limits": list(self.limits),
            "recipe": dict(self.recipe),
            "versions": dict(self.versions),
        }

    def to_json(self) -> str:
        """The card as it is stored in a model file."""
        return json.dumps(self.to_dict(), ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> ModelCard:
        """Read a stored card.

        Raises:
            BadModelFile: not JSON, or a field is missing or makes no sense; the message names it.
        """
        try:
            return cls.from_dict(json.loads(text))
        except json.JSONDecodeError as error:
            raise BadModelFile(f"the model's card is not JSON ({error.msg})") from error

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ModelCard:
        """Read a card from plain JSON values; unknown fields are left to later versions.

        Raises:
            BadModelFile: a field is missing or makes no sense; the message names it.
        """
        try:
            rule = dict(data["thresholds"])
            thresholds = Thresholds(float(rule.pop("real_below")), float(rule.pop("fake_above")))
            card = cls(
                name=str(data["name"]),
                version=str(data["version"]),
                summary=str(data.get("summary", "")),
                classes=_pair(data["classes"]),
                preprocessing=Preprocessing(**data["preparation"]),
                calibration=Calibration(**data["calibration"]),
                decision=DecisionRule(thresholds, **rule),
                training_data=data.get("training_data", {}),
                metrics=data.get("metrics", {}),
                license=str(data.get("licence", "")),
                limits=tuple(data.get("limits", ())),
                recipe=data.get("recipe", {}),
                versions=data.get("versions", {}),
            )
        except KeyError as error:
            raise BadModelFile(f"the model's card lacks {error.args[0]!r}") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise BadModelFile(f"the model's card makes no sense ({error})") from error
        card.validate()
        return card

    def validate(self) -> None:
        """Refuse a card no verdict could rest on.

        Raises:
            BadModelFile: the message names the field.
        """
        rule = self.decision.thresholds
        if self.classes != CLASSES:
            raise BadModelFile(f"the model's classes are {', '.join(self.classes)}; unmask needs {', '.join(CLASSES)}")
        if not 0 < rule.real_below <= rule.fake_above < 1:
            raise BadModelFile(
                f"thresholds {rule.real_below} and {rule.fake_above} are not 0 < real_below ≤ fake_above < 1"
            )
        if not self.calibration.slope > 0:
            raise BadModelFile(f"calibration slope {self.calibration.slope} is not positive")
        if not 0 <= self.calibration.floor < rule.fake_above:
            raise BadModelFile(f"calibration floor {self.calibration.floor} is not from 0 to below fake_above")


def _pair(names: Any) -> tuple[str, str]:
    first, second = names
    return str(first), str(second)
