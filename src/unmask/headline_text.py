"""The texts of headlines: title, detail, sentence and caution for each code."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from unmask.card import DecisionRule
from unmask.verdict import Face, Label, Thresholds, Verdict, display_probability

NOT_SEARCHED = ("retouching", "composites", "fakes by unknown generators")
"""Changes that a model gives no evidence about."""
TITLES: Mapping[Label, str] = {
    Label.FAKE: "Fake",
    Label.REAL: "Real",
    Label.UNSURE: "Unsure",
    Label.NO_FACE: "No face",
}
KIND_NAMES: Mapping[str, str] = {
    "celebahq-gan": "GAN faces trained on CelebA-HQ",
    "gpt4o": "GPT-4o portraits",
    "gpt4o-scenes": "GPT-4o scenes",
    "stylegan3": "StyleGAN3 faces",
}
"""What the kinds of fakes in the cards of the shipped models are called in sentences."""
_NO_TRACE = "no trace of a known fake"
_OPEN = "The verdict is unsure"


class HeadlineCode(StrEnum):
    """The kinds of headlines; a translation has one text for each."""

    FAKE = "fake"
    REAL = "real"
    LEANS_FAKE = "leans_fake"
    LEANS_REAL = "leans_real"
    NO_TRACE = "no_trace"
    """The score is below one half, and the model never labels a face `real`."""
    UNSTABLE = "unstable"
    """Mild re-encodings turn the label into the opposite one."""
    DOUBTFUL_FACE = "doubtful_face"
    """The face detector is not certain that there is a face."""
    NO_FACE = "no_face"


def format_probability(probability: float) -> str:
    """A probability as a percentage between 0.1% and 99.9%."""
    return f"{display_probability(probability):.1%}"


def detail(code: HeadlineCode, face: Face | None, thresholds: Thresholds) -> str:
    """A few words beside the title.

    Args:
        code: the headline.
        face: the face that decides the label; None for `no_face`.
        thresholds: the applied ones.
    """
    if face is None:
        return "no face was found"
    fake = format_probability(face.probability_fake)
    if code is HeadlineCode.FAKE:
        return f"{fake} fake"
    if code is HeadlineCode.LEANS_FAKE:
        limit = f"fake from {thresholds.fake_above:.1%}" if thresholds.allows_fake else "this model never gives fake"
        return f"leans fake: {fake}, {limit}"
    if code is HeadlineCode.LEANS_REAL:
        limit = f"real below {thresholds.real_below:.1%}" if thresholds.allows_real else "this model never gives real"
        return f"leans real: {fake} fake, {limit}"
    if code is HeadlineCode.UNSTABLE and face.stability:
        low, high = format_probability(face.stability.min), format_probability(face.stability.max)
        return f"re-encoding changes the label: {low} to {high} fake"
    if code is HeadlineCode.DOUBTFUL_FACE:
        return "perhaps not a face"
    return _NO_TRACE if code is HeadlineCode.REAL else f"{_NO_TRACE} (model never gives real)"


def sentence(code: HeadlineCode, verdict: Verdict, words: str, *, whole_picture: bool) -> str:
    """The verdict in one or two sentences.

    Args:
        code: the headline.
        verdict: the verdict on a picture.
        words: what `detail` returned.
        whole_picture: whether no face was found and the whole picture was judged.
    """
    if code is HeadlineCode.NO_FACE:
        return "No face was found, so there is no verdict."
    if code is HeadlineCode.DOUBTFUL_FACE:
        return f"{_OPEN}, because the face detector is not certain that this is a face."
    subject = _subject(code, verdict, whole_picture)
    if code is HeadlineCode.FAKE:
        return f"{subject} is judged fake, with a probability of {words.removesuffix(' fake')}."
    if code is HeadlineCode.REAL:
        return f"{subject} is judged real: it shows {_NO_TRACE}."
    if code is HeadlineCode.NO_TRACE:
        return f"{subject} shows {_NO_TRACE}. {_OPEN}, because this model never calls a face real."
    if code is HeadlineCode.UNSTABLE:
        return f"{subject} could be real or fake. {_OPEN}, because {words}."
    nearer = "fake" if code is HeadlineCode.LEANS_FAKE else "real"
    return f"{subject} could be real or fake. {_OPEN}: the score lies between the thresholds, on the side of {nearer}."


def _subject(code: HeadlineCode, verdict: Verdict, whole_picture: bool) -> str:
    if whole_picture:
        return "No face was found; the picture as a whole"
    count = len(verdict.faces)
    if count == 1:
        return "The face in this picture"
    if code is HeadlineCode.REAL:
        return f"Each of the {count} faces in this picture"
    return f"The most suspicious of the {count} faces in this picture"


def caution(code: HeadlineCode, rule: DecisionRule | None, missed: Mapping[str, float]) -> str:
    """What not to conclude from the verdict, with the figures of the model card where it has them.

    Args:
        code: the headline.
        rule: thresholds and error rates of the model; None if they are not at hand.
        missed: share of fakes that score as low as `real`, by a kind that was left out of training.
    """
    if code is HeadlineCode.NO_FACE:
        return "Faces that are cut off, turned away or very small are not found."
    if code is HeadlineCode.FAKE:
        rate = f"{rule.false_positive_rate:.1%} of real faces" if rule else "Some real faces"
        return f"{rate} score this high. Look for other evidence before you act."
    if code not in (HeadlineCode.REAL, HeadlineCode.NO_TRACE, HeadlineCode.LEANS_REAL):
        return "Do not conclude anything from this verdict. Look for other evidence."
    return " ".join([f"Not looked for: {', '.join(NOT_SEARCHED)}.", *_unseen(missed)])


def _unseen(missed: Mapping[str, float]) -> list[str]:
    """How often fakes of unknown kinds score as low as real faces."""
    if not missed:
        return []
    named = [(KIND_NAMES.get(kind, kind), share) for kind, share in missed.items()]
    low, high = (choose(named, key=lambda entry: entry[1]) for choose in (min, max))
    if len(missed) == 1:
        return [f"Of fakes of a kind that was left out of training ({low[0]}), {low[1]:.0%} look like this."]
    return [f"Of fakes of unknown kinds, {low[1]:.0%} ({low[0]}) to {high[1]:.0%} ({high[0]}) look like this."]


_ORIGINAL = "Look for the original: search for the picture by image, and ask who sent it for the file from the camera."
_CONTEXT = "Compare place, time and persons with other reports and other pictures of the event."
_BETTER_FILE = "Judge a better file: larger, less compressed, not a screenshot and not sent by a messenger."
_STEPS: Mapping[HeadlineCode, tuple[str, ...]] = {
    HeadlineCode.FAKE: (
        _ORIGINAL,
        "Look at the marked places at full size: edges of face and hair, eyes, teeth, ears, skin.",
        "Do not publish, accuse or delete on this verdict alone; have a second person look.",
    ),
    HeadlineCode.REAL: (
        "Do not call the picture authentic on this verdict: it can be retouched, composed or out of context.",
        _ORIGINAL,
        _CONTEXT,
    ),
    HeadlineCode.LEANS_FAKE: (_BETTER_FILE, _ORIGINAL, _CONTEXT),
    HeadlineCode.NO_FACE: (
        "Crop the picture so that the face is large and upright, and judge it again.",
        "Judge the whole picture if it shows no face: pass --whole-picture.",
        _ORIGINAL,
    ),
}


def next_steps(code: HeadlineCode) -> tuple[str, ...]:
    """What to do next, one sentence or two per step."""
    return _STEPS.get(code, _STEPS[HeadlineCode.LEANS_FAKE])
