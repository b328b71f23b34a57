"""The report on one image: its verdict, explanation and signals, and the model's card."""

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
from unmask.explaining.explanation import FaceExplanation
from unmask.headline import Headline, deciding_face, make_headline
from unmask.images import ImageSource, Picture, open_image
from unmask.prevalence import check_prevalence, restate_verdict
from unmask.progress import Progress, no_progress
from unmask.signals import Signal, examine
from unmask.verdict import Verdict


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The content of a report.

    Attributes:
        picture: the judged image.
        explanation: the verdict with its explanation.
        signals: evidence beside the score.
        card: card of the model.
        created: time of the report in UTC.
        prevalence: the user's share of fakes, for restated probabilities; None for none.
    """

    picture: Picture
    explanation: Explanation
    signals: tuple[Signal, ...]
    card: ModelCard
    created: datetime
    prevalence: float | None = None

    @property
    def verdict(self) -> Verdict:
        """The verdict on the image."""
        return self.explanation.verdict

    @property
    def deciding(self) -> FaceExplanation:
        """The explanation of the face that decides the label."""
        faces, decisive = self.explanation.faces, deciding_face(self.verdict)
        return next((each for each in faces if each.face == decisive), faces[0])

    @property
    def headline(self) -> Headline:
        """The words of the verdict."""
        return make_headline(self.verdict, self.card, whole_picture=self.explanation.whole_picture)

    def to_dict(self) -> dict[str, Any]:
        """The wire form: the explanation's fields, with headline, signals, time and version of unmask."""
        restated = {} if self.prevalence is None else restate_verdict(self.verdict, self.prevalence)
        return {
            **self.explanation.to_dict(),
            **restated,
            "headline": self.headline.to_dict(),
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
    prevalence: float | None = None,
    progress: Progress = no_progress,
    methods: Mapping[str, Method] = METHODS,
) -> Report:
    """Judges, explains and examines one image.

    Args:
        detector: the loaded model.
        image: anything `open_image` takes; metadata need the original file.
        name: name of the image in the report.
        method: name of the explanation method; see `explain`.
        trust: PEM file with the certificates whose Content Credentials are trusted; see `examine`.
        prevalence: the user's share of fakes, in (0, 1), for restated probabilities.
        progress: receives the number of inferences done of each step.
        methods: the available explanation methods by name.

    Raises:
        ImageError: the image cannot be judged.
        UsageError: the method is unknown, the model does not support it, the certificates cannot be read, or the
            prevalence is not a share.
        MissingExtra: the method needs an optional part of unmask.
    """
    if prevalence is not None:
        check_prevalence(prevalence)
    picture = open_image(image, name=name, limits=detector.limits)
    explanation = explain(detector, picture, method=method, progress=progress, methods=methods)
    x, y, w, h = explanation.main.face.box
    box = None if explanation.whole_picture else (float(x), float(y), float(w), float(h))
    signals = examine(picture, box, trust=trust)
    return Report(picture, explanation, signals, detector.card, datetime.now(UTC), prevalence)
