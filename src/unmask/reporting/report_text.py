"""The sentences of a report: the verdict, the meaning of its thresholds, and the stability of its score."""

from __future__ import annotations

from unmask.reporting.formatting import format_probability
from unmask.reporting.report import Report
from unmask.verdict import PRIOR, Label, Verdict

_PRIOR = (
    "The probability assumes that fake and real pictures are equally common. Where fakes are rare, most alarms are "
    "false: at a false positive rate of 1%, 10,000 real photographs give 100 alarms."
)
_NOT_PROOF = (
    "The verdict is evidence for a person to weigh, not proof. Do not accuse, dismiss or convict anyone on it alone."
)


def headline(verdict: Verdict, whole_picture: bool) -> str:
    """The verdict in plain words.

    Args:
        verdict: the verdict on an image.
        whole_picture: whether no face was found and the whole image was judged.
    """
    fake = verdict.probability_fake
    if fake is None:
        return "No face was found, so there is no verdict."
    subject = "No face was found; the picture as a whole" if whole_picture else _subject(len(verdict.faces))
    if verdict.label is Label.FAKE:
        return f"{subject} is judged fake, with a probability of {format_probability(fake)}."
    if verdict.label is Label.REAL:
        return f"{subject} is judged real, with a probability of {format_probability(1 - fake)}."
    if fake <= PRIOR and verdict.thresholds.allows_fake and not verdict.thresholds.allows_real:
        return (
            f"{subject} shows no trace of the fakes that this model was trained on. The verdict is unsure, because "
            "this model never calls a face real."
        )
    probability = format_probability(fake)
    return f"{subject} could be real or fake. The verdict is unsure: the probability of fake is {probability}."


def _subject(faces: int) -> str:
    return "The face in this picture" if faces == 1 else f"The most suspicious of the {faces} faces in this picture"


def meaning(report: Report) -> list[str]:
    """What the thresholds mean and what the verdict does not show, one paragraph per entry."""
    thresholds, error_rates = _thresholds(report)
    several = "The upper threshold is stricter for this picture, because it shows several faces."
    return [thresholds, *([several] if len(report.verdict.faces) > 1 else []), error_rates, _PRIOR, _NOT_PROOF]


def _thresholds(report: Report) -> tuple[str, str]:
    """The applied thresholds, and the error rates that they were chosen from."""
    rule, applied = report.card.decision, report.verdict.thresholds
    elsewhere = "On other kinds of pictures the error rates can be higher."
    above = f"A face is called fake where its probability of fake is above {applied.fake_above:.1%}"
    measured = f"On held-out pictures, {rule.false_positive_rate:.1%} of real faces scored above the"
    if not applied.allows_fake:
        real = f"A face is called real where its probability of fake is below {applied.real_below:.1%}. "
        missing = "fake" if applied.allows_real else "real or fake"
        return (
            f"{real if applied.allows_real else ''}Otherwise the verdict is unsure, because this model never calls a "
            f"face {missing}.",
            f"Its calibration split was too small to guarantee error rates. {elsewhere}",
        )
    if not applied.allows_real:
        return (
            f"{above}. Otherwise the verdict is unsure, because this model never calls a face real.",
            f"{measured} threshold. {elsewhere}",
        )
    return (
        f"{above}, and real where it is below {applied.real_below:.1%}. Between the thresholds the verdict is unsure.",
        f"{measured} upper threshold, and {rule.false_negative_rate:.1%} of fake faces scored below the lower one. "
        f"{elsewhere}",
    )


def stability_reading(report: Report) -> str:
    """Whether mild re-encodings change the scores, in plain words."""
    probes = [face.stability for face in report.verdict.faces if face.stability]
    if not probes:
        return "The stability of the score was not measured."
    if flips := sum(probe.flips for probe in probes):
        encodings = "mild re-encoding turns" if flips == 1 else "mild re-encodings turn"
        return f"The score is unstable: {flips} {encodings} a label into its opposite, so that label is unsure."
    widest = max(probes, key=lambda probe: probe.max - probe.min)
    low, high = format_probability(widest.min), format_probability(widest.max)
    return (
        f"The score is stable: under mild re-encodings the probability of fake stays between {low} and {high}, "
        "and no label turns into its opposite."
    )
