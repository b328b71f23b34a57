"""Everything there is to say about one picture, gathered: verdict, explanation, signals, model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from unmask._version import __version__
from unmask.card import ModelCard
from unmask.detector import Detector
from unmask.explaining import METHODS, Explanation, explain
from unmask.explaining.explainer import Method
from unmask.images import ImageSource, Picture, open_image
from unmask.progress import Progress, no_progress
from unmask.signals import Signal, examine
from unmask.verdict import PRIOR, Label, Verdict, display_probability


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What a report says.

    Attributes:
        picture: the picture it is about.
        explanation: the verdict and why.
        signals: evidence beside the score.
        card: of the model that judged.
        created: when, in UTC.
    """

    picture: Picture
    explanation: Explanation
    signals: tuple[Signal, ...]
    card: ModelCard
    created: datetime

    @property
    def verdict(self) -> Verdict:
        """The judgement the report is about."""
        return self.explanation.verdict

    def to_dict(self) -> dict[str, Any]:
        """The wire form: the explanation's, with the signals and what made it."""
        return {
            **self.explanation.to_dict(),
            "signals": [signal.to_dict() for signal in self.signals],
            "created": self.created.isoformat(timespec="seconds"),
            "unmask": __version__,
        }


def make_report(
    detector: Detector,
    image: ImageSource,
    *,
    name: str | None = None,
    method: str | None = None,
    trust: Path | None = None,
    progress: Progress = no_progress,
    methods: Mapping[str, Method] = METHODS,
) -> Report:
    """Judge, explain and examine one picture.

    Args:
        detector: the model that judges.
        image: anything `open_image` takes; metadata need the original file.
        name: what the report calls the picture.
        method: how to explain; see `explain`.
        trust: certificates whose Content Credentials are trusted; see `examine`.
        progress: told how many inferences of the current step are done.
        methods: the ways to explain there are.

    Raises:
        ImageError: the picture cannot be judged.
        UsageError: the method or the certificates cannot be used.
        MissingExtra: the method needs an optional part.
    """
    picture = open_image(image, name=name, limits=detector.limits)
    explanation = explain(detector, picture, method=method, progress=progress, methods=methods)
    x, y, w, h = explanation.main.face.box
    box = None if explanation.whole_picture else (float(x), float(y), float(w), float(h))
    signals = examine(picture, box, trust=trust)
    return Report(picture, explanation, signals, detector.card, datetime.now(UTC))


def headline(verdict: Verdict, whole_picture: bool) -> str:
    """The verdict in one plain sentence."""
    fake = verdict.probability_fake
    what = "No face was found; the picture as a whole" if whole_picture else _subject(len(verdict.faces))
    if fake is None:
        return "No face was found, so there is no verdict."
    if verdict.label is Label.FAKE:
        return f"{what} is judged fake, with a probability of {display_probability(fake):.1%}."
    if verdict.label is Label.REAL:
        return f"{what} is judged real, with a probability of {display_probability(1 - fake):.1%}."
    if fake <= PRIOR and not verdict.thresholds.allows_real:
        return f"{what} shows no trace of a fake that this model knows. It can say no more: it never calls a face real."
    return f"{what} could be real or fake: the probability of fake is {display_probability(fake):.1%}, and that is not sure enough."


def _subject(faces: int) -> str:
    return "The face in this picture" if faces == 1 else f"The most suspicious of the {faces} faces in this picture"


def meaning(report: Report) -> list[str]:
    """What the thresholds stand for and what the verdict does not say, sentence by sentence."""
    sentences = [
        *_thresholds(report),
        "Probabilities count fake and real as equally likely beforehand. Where fakes are rare, most alarms are false: "
        "at 1% false alarms, 10,000 real photographs give 100.",
        "This is evidence for a person to weigh, not proof. Do not accuse, dismiss or convict anyone on it alone.",
    ]
    if len(report.verdict.faces) > 1:
        sentences.insert(1, "The upper threshold is stricter here, because the picture shows several faces.")
    return sentences


def _thresholds(report: Report) -> tuple[str, str]:
    """Where the thresholds lie, and what they stand for."""
    rule, applied = report.card.decision, report.verdict.thresholds
    above = f"A face is called fake above {applied.fake_above:.1%}"
    found = f"On held-out pictures, {rule.false_positive_rate:.1%} of real faces came out above the"
    if not applied.allows_real:
        return (
            f"{above}; below, the verdict is unsure, because this model never says real.",
            f"{found} threshold. Pictures of another kind can do worse.",
        )
    return (
        f"{above} and real below {applied.real_below:.1%}; between them the verdict is unsure.",
        f"{found} upper threshold and {rule.false_negative_rate:.1%} of fake ones below the lower. Pictures of another "
        "kind can do worse.",
    )


def stability_reading(report: Report) -> str:
    """Whether mild re-encodings move the scores, in a sentence."""
    probes = [face.stability for face in report.verdict.faces if face.stability]
    if not probes:
        return "Stability was not probed."
    if flips := sum(probe.flips for probe in probes):
        return f"Unstable: {flips} mild re-encodings turned a label into its opposite, so it counts as unsure."
    widest = max(probes, key=lambda probe: probe.max - probe.min)
    return (
        f"Stable: mild re-encodings move the score between {display_probability(widest.min):.1%} and {display_probability(widest.max):.1%} fake "
        "without turning it."
    )
