"""The sentences of a report: its key facts, the meaning of the thresholds, and the stability of the score."""

from __future__ import annotations

from collections.abc import Iterator

from unmask.explaining.faithfulness import WEAK
from unmask.headline import format_probability
from unmask.prevalence import restate_probability
from unmask.reporting.report import Report
from unmask.signals import Severity

KeyFact = tuple[str, str, str]
"""Name, value in a few words, and a line of small print."""

_PRIOR = (
    "The probability assumes that fake and real pictures are equally common. Where fakes are rare, most alarms are "
    "false: at a false positive rate of 1%, 10,000 real photographs give 100 alarms."
)
_NOT_PROOF = (
    "The verdict is evidence for a person to weigh, not proof. Do not accuse, dismiss or convict anyone on it alone."
)


def key_facts(report: Report) -> list[KeyFact]:
    """What a reader has to know beside the verdict: signals, stability, the test of the map, and the base rate."""
    return [_signals(report), _stability(report), _map(report), *_restated(report)]


def _signals(report: Report) -> KeyFact:
    noticed = [signal.title for signal in report.signals if signal.severity is not Severity.NONE]
    value = f"{len(noticed)} of {len(report.signals)}" if noticed else "nothing unusual"
    names = f"{', '.join(noticed)}. None decides alone." if noticed else f"in {len(report.signals)} signals of the file"
    return "Signals to look at", value, names


def _stability(report: Report) -> KeyFact:
    probe = report.deciding.face.stability
    if probe is None:
        return "Under re-encoding", "not measured", "the score may depend on the compression"
    spread = f"{format_probability(probe.min)} to {format_probability(probe.max)} fake"
    return "Under re-encoding", "unstable" if probe.flips else "stable", spread


def _map(report: Report) -> KeyFact:
    test = report.deciding.faithfulness
    if test is None:
        return "Map of the evidence", "not tested", "read it with care"
    if map_passed(report):
        return "Map of the evidence", "passed its test", "it shows what the score depends on"
    if test.score >= WEAK:
        return "Map of the evidence", "weak", f"it beats {test.score:.0%} of random maps; chance is 50%"
    return "Map of the evidence", "failed its test", "do not use it as evidence"


def map_passed(report: Report) -> bool:
    """Whether the map of the deciding face is better than chance."""
    test = report.deciding.faithfulness
    return test is not None and test.better_than_chance


def map_caption(report: Report) -> str:
    """What the map on the first page shows."""
    return f"Evidence for {report.deciding.target} in the face that decides. The appendix has all maps and their tests."


def _restated(report: Report) -> list[KeyFact]:
    fake, share = report.verdict.probability_fake, report.prevalence
    if fake is None or share is None:
        return []
    value = f"{format_probability(restate_probability(fake, share))} fake"
    return [("At your base rate", value, f"if {100 * share:.3g}% of all pictures are fake")]


def meaning(report: Report) -> list[str]:
    """What the thresholds mean and what the verdict does not show, one paragraph per entry."""
    several = "The upper threshold is stricter for this picture, because it shows several faces."
    return [
        *_thresholds(report),
        *([several] if len(report.verdict.faces) > 1 else []),
        _error_rates(report),
        _PRIOR,
        _NOT_PROOF,
    ]


def _thresholds(report: Report) -> Iterator[str]:
    applied = report.verdict.thresholds
    above = f"A face is called fake where its probability of fake is above {applied.fake_above:.1%}"
    below = f"real where it is below {applied.real_below:.1%}"
    if applied.allows_fake and applied.allows_real:
        yield f"{above}, and {below}. Between the thresholds the verdict is unsure."
    elif applied.allows_fake:
        yield f"{above}. Otherwise the verdict is unsure, because this model never calls a face real."
    elif applied.allows_real:
        yield (
            f"A face is called {below}. Otherwise the verdict is unsure, because this model never calls a face fake."
        )
    else:
        yield "The verdict is always unsure, because this model never calls a face real or fake."


def _error_rates(report: Report) -> str:
    rule, applied = report.card.decision, report.verdict.thresholds
    elsewhere = "On other kinds of pictures the error rates can be higher."
    if not applied.allows_fake:
        return f"Its calibration split was too small to guarantee error rates. {elsewhere}"
    measured = f"On held-out pictures, {rule.false_positive_rate:.1%} of real faces scored above the"
    if not applied.allows_real:
        return f"{measured} threshold. {elsewhere}"
    missed = f"{rule.false_negative_rate:.1%} of fake faces scored below the lower one"
    return f"{measured} upper threshold, and {missed}. {elsewhere}"


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
