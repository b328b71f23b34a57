"""The headline of a verdict: the words that pages, reports, the terminal and the REST API share.

    >>> headline = make_headline(verdict, card)
    >>> headline.title, headline.detail
    ('Unsure', 'leans fake: 90.7%, fake from 94.5%')

The wire form of a verdict does not change. `Headline.to_dict` is an additional object beside it: `code` and the values
are for programs and translations, the texts are English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unmask.card import ModelCard
from unmask.headline_text import (
    NOT_SEARCHED,
    TITLES,
    HeadlineCode,
    caution,
    detail,
    format_probability,
    next_steps,
    sentence,
)
from unmask.score_scale import ScoreScale
from unmask.verdict import DOUBTFUL_FACE, PRIOR, Face, Label, Verdict

__all__ = ["Headline", "HeadlineCode", "deciding_face", "format_probability", "make_headline"]

_NOT_CLEARED = (HeadlineCode.REAL, HeadlineCode.NO_TRACE, HeadlineCode.LEANS_REAL)


@dataclass(frozen=True, slots=True)
class Headline:
    """The words of one verdict.

    Attributes:
        code: which headline this is.
        label: the label of the verdict.
        title: one or two words, such as "Unsure".
        detail: a few words beside the title, such as "leans fake: 90.7%, fake from 94.5%".
        sentence: the verdict in one or two sentences.
        caution: what not to conclude from the verdict, in one or two sentences.
        next_steps: what to do next, in order.
        probability_fake: of the face that decides the label; None for `no_face`.
        leaning: for an `unsure` score between the thresholds, the label on its side of one half; else None.
        to_fake, to_real: how far the score would have to rise to the threshold of `fake` or to fall to that of `real`,
            in probability; negative beyond the threshold, None if the model never gives the label.
        not_searched: changes that the model gives no evidence about; empty unless the score is low.
        unseen_miss_rate: share of fakes that score as low as `real`, by a kind that was left out of training; empty
            if the card has no such figure.
        scale: where the zones of the labels lie.
        position: place of the score on the scale; None for `no_face`.
        face_positions: place of each face's score on the scale, largest face first.
        spread: places on the scale between which mild re-encodings move the score; None if they were not measured.
    """

    code: HeadlineCode
    label: Label
    title: str
    detail: str
    sentence: str
    caution: str
    next_steps: tuple[str, ...]
    probability_fake: float | None
    leaning: Label | None
    to_fake: float | None
    to_real: float | None
    not_searched: tuple[str, ...]
    unseen_miss_rate: Mapping[str, float]
    scale: ScoreScale
    position: float | None
    face_positions: tuple[float, ...]
    spread: tuple[float, float] | None

    def to_dict(self) -> dict[str, Any]:
        """The wire form."""
        return {
            "code": str(self.code),
            "label": str(self.label),
            "title": self.title,
            "detail": self.detail,
            "sentence": self.sentence,
            "caution": self.caution,
            "next_steps": list(self.next_steps),
            "probability_fake": self.probability_fake,
            "leaning": None if self.leaning is None else str(self.leaning),
            "to_fake": self.to_fake,
            "to_real": self.to_real,
            "not_searched": list(self.not_searched),
            "unseen_miss_rate": dict(self.unseen_miss_rate),
            "scale": {
                "zones": [zone.to_dict() for zone in self.scale.zones],
                "position": None if self.position is None else round(self.position, 4),
                "faces": [round(place, 4) for place in self.face_positions],
                "spread": None if self.spread is None else [round(place, 4) for place in self.spread],
            },
        }


def make_headline(verdict: Verdict, card: ModelCard | None = None, *, whole_picture: bool = False) -> Headline:
    """Makes the headline of a verdict.

    Args:
        verdict: the verdict on a picture.
        card: card of the model that made it; None leaves out the figures of the card.
        whole_picture: whether no face was found and the whole picture was judged.
    """
    face = deciding_face(verdict)
    thresholds = verdict.thresholds
    code = _code(verdict, face)
    words = detail(code, face, thresholds)
    missed = card.metrics.get("unseen_miss_rate", {}) if card and code in _NOT_CLEARED else {}
    scale = ScoreScale.from_thresholds(thresholds)
    score = None if face is None else face.probability_fake
    probe = face.stability if face else None
    return Headline(
        code=code,
        label=verdict.label,
        title=TITLES[verdict.label],
        detail=words,
        sentence=sentence(code, verdict, words, whole_picture=whole_picture),
        caution=caution(code, card.decision if card else None, missed),
        next_steps=next_steps(code),
        probability_fake=score,
        leaning={HeadlineCode.LEANS_FAKE: Label.FAKE, HeadlineCode.LEANS_REAL: Label.REAL}.get(code),
        to_fake=thresholds.fake_above - score if score is not None and thresholds.allows_fake else None,
        to_real=score - thresholds.real_below if score is not None and thresholds.allows_real else None,
        not_searched=NOT_SEARCHED if code in _NOT_CLEARED else (),
        unseen_miss_rate=missed,
        scale=scale,
        position=None if score is None else scale.position(score),
        face_positions=tuple(scale.position(each.probability_fake) for each in verdict.faces),
        spread=(scale.position(probe.min), scale.position(probe.max)) if probe else None,
    )


def deciding_face(verdict: Verdict) -> Face | None:
    """The face with the highest score among those with the label of the picture; one that is not doubtful first."""
    with_label = [face for face in verdict.faces if face.label is verdict.label]
    return max(with_label, key=lambda face: (face.reason != DOUBTFUL_FACE, face.probability_fake), default=None)


def _code(verdict: Verdict, face: Face | None) -> HeadlineCode:
    if face is None:
        return HeadlineCode.NO_FACE
    if face.label is not Label.UNSURE:
        return HeadlineCode(face.label)
    thresholds = verdict.thresholds
    if face.reason == DOUBTFUL_FACE:
        return HeadlineCode.DOUBTFUL_FACE
    if face.stability and face.stability.flips:
        return HeadlineCode.UNSTABLE
    if face.probability_fake > PRIOR:
        return HeadlineCode.LEANS_FAKE
    never_real = thresholds.allows_fake and not thresholds.allows_real
    return HeadlineCode.NO_TRACE if never_real else HeadlineCode.LEANS_REAL
