"""The model card: calibration, thresholds, training data, figures and limits of a model, stored inside its file.

The card is JSON in the ONNX metadata under the key `unmask.card`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from unmask.card_metrics import CardMetrics
from unmask.errors import BadModelFile
from unmask.preprocessing import Preprocessing
from unmask.verdict import PRIOR, Thresholds

METADATA_KEY = "unmask.card"
CLASSES = ("real", "fake")


def sigmoid(logit: float) -> float:
    """The probability of a logit; the logit is clipped to ±30 so that the result lies inside (0, 1)."""
    bounded = min(max(logit, -30.0), 30.0)
    return 1.0 / (1.0 + math.exp(-bounded))


def logit(probability: float) -> float:
    """The log-odds of a probability inside (0, 1)."""
    return math.log(probability / (1.0 - probability))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Converts the network's logit to a probability: `sigmoid(slope · logit + intercept)`.

    Temperature scaling is the case `intercept = 0` (Guo et al., "On Calibration of Modern Neural Networks", 2017);
    the general case is Platt scaling (1999). Probabilities assume that half of all images are fake.

    Attributes:
        slope, intercept: of the calibrated logit.
        floor: the lowest probability that is returned. A model that never labels a face as `real` has no evidence for
            real images: without traces of a fake, the probability stays at the prior of 0.5.
    """

    slope: float = 1.0
    intercept: float = 0.0
    floor: float = 0.0

    def logit(self, raw: float) -> float:
        """The calibrated logit for the network's `raw` logit."""
        return self.slope * raw + self.intercept

    def probability(self, raw: float) -> float:
        """The calibrated probability of `fake` for the network's `raw` logit."""
        return max(self.floor, sigmoid(self.logit(raw)))

    def to_dict(self) -> dict[str, float]:
        """The fields as plain JSON values."""
        fields = {"slope": self.slope, "intercept": self.intercept}
        return fields | {"floor": self.floor} if self.floor else fields


@dataclass(frozen=True, slots=True)
class DecisionRule:
    """Thresholds, their error rates, and their correction for the number of faces.

    An image is `fake` if any of its n faces is. The correction of the probabilities keeps the false-positive rate of an
    image the same for every n: the rate per face is `1 - (1 - rate)^(1/n)` (Šidák, 1967). Such small rates cannot be
    counted on the calibration split; they come from an exponential tail fitted to the highest logits of real faces.

    Attributes:
        thresholds: for one face.
        false_positive_rate: share of real faces above `fake_above`, on the calibration split.
        false_negative_rate: share of fake faces below `real_below`, on the calibration split.
        tail: scale of the exponential tail of real faces' calibrated logits above `fake_above`.
    """

    thresholds: Thresholds
    false_positive_rate: float = 0.01
    false_negative_rate: float = 0.05
    tail: float = 1.0

    def correct(self, probability: float, count: int) -> float:
        """The probability of one face of `count` in an image, corrected so that the thresholds hold for every count.

        At and below `real_below` (0.5 if the model never labels a face as real) nothing changes. At and above the
        threshold that the false-positive rate of `count` faces needs, the log-odds fall by its distance to
        `fake_above`. Between them the correction grows linearly. The order of probabilities stays.
        """
        if count <= 1:
            return probability
        per_face = 1.0 - (1.0 - self.false_positive_rate) ** (1.0 / count)
        shift = self.tail * math.log(self.false_positive_rate / per_face)
        low = logit(self.thresholds.real_below if self.thresholds.allows_real else PRIOR)
        high = logit(self.thresholds.fake_above)
        score = logit(probability)
        share = 1.0 if score >= high + shift else max(0.0, (score - low) / (high + shift - low))
        return sigmoid(score - share * shift) if share else probability

    def __str__(self) -> str:
        """The error rates of the thresholds in words, without those of a label that the model never gives."""
        rates = []
        if self.thresholds.allows_fake:
            rates.append(f"{self.false_positive_rate:.1%} of real faces above")
        if self.thresholds.allows_real:
            rates.append(f"{self.false_negative_rate:.1%} of fake faces below")
        return ", ".join(rates) or "none, because the model never labels a face real or fake"

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
    """The description of a model inside its file.

    Attributes:
        name, version: of the model; `summary` is one line on its purpose.
        classes: names in the order (negative, positive); the positive class is `fake`.
        preprocessing, calibration, decision: the steps from a face to a probability and a label.
        training_data: sources, counts, manifest digest.
        metrics: figures with confidence intervals.
        license, limits: terms of use and known failures, as text.
        recipe: the training settings.
        versions: of the software that trained the model, by package.
    """

    name: str
    version: str
    summary: str = ""
    classes: tuple[str, str] = CLASSES
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    calibration: Calibration = field(default_factory=Calibration)
    decision: DecisionRule = field(default_factory=lambda: DecisionRule(Thresholds(0.2, 0.8)))
    training_data: Mapping[str, Any] = field(default_factory=dict)
    metrics: CardMetrics = field(default_factory=CardMetrics)
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
            BadModelFile: not JSON, or a field is missing or invalid; the message names it.
        """
        try:
            return cls.from_dict(json.loads(text))
        except json.JSONDecodeError as error:
            raise BadModelFile(f"the model's card is not JSON ({error.msg})") from error

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ModelCard:
        """Read a card from plain JSON values; unknown fields are ignored.

        Raises:
            BadModelFile: a field is missing or invalid; the message names it.
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
                metrics=cast(CardMetrics, data.get("metrics", {})),
                license=str(data.get("licence", "")),
                limits=tuple(data.get("limits", ())),
                recipe=data.get("recipe", {}),
                versions=data.get("versions", {}),
            )
        except KeyError as error:
            raise BadModelFile(f"the model's card has no field {error.args[0]!r}") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise BadModelFile(f"the model's card is invalid ({error})") from error
        card.validate()
        return card

    def validate(self) -> None:
        """Check the fields that verdicts depend on.

        Raises:
            BadModelFile: a field is invalid; the message names it.
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
