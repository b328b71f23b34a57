"""Format findings for a terminal: results go to stdout, everything else to stderr."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from unmask.verdict import DOUBTFUL_FACE, Face, Failure, Finding, Label, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.text import Text

    from unmask.card import ModelCard
    from unmask.verdict import Thresholds

STYLES: dict[Label, tuple[str, str]] = {
    Label.FAKE: ("bold white on red3", "✗ FAKE   "),
    Label.REAL: ("bold white on green4", "✓ REAL   "),
    Label.UNSURE: ("bold black on yellow3", "? UNSURE "),
    Label.NO_FACE: ("bold white on gray42", "– NO FACE"),
}

MIN_NAME_WIDTH = 16
"""Columns that a name always has."""
WORDS_WIDTH = 40
"""Columns of the words beside the label; longer ones move the columns behind them."""
WIDE = 110
"""Columns of a terminal from which a line also has the number of faces and the time."""


def stdout() -> Console:
    """A Rich console for results; it does not wrap lines."""
    from rich.console import Console

    return Console(soft_wrap=True, highlight=False, emoji=False, markup=False)


def stderr() -> Console:
    """A Rich console for progress and errors."""
    from rich.console import Console

    return Console(stderr=True, soft_wrap=True, highlight=False, emoji=False, markup=False)


def printable(text: str) -> str:
    """Text that is safe to print: control and formatting characters become `�`."""
    return "".join("\ufffd" if unicodedata.category(char)[0] == "C" else char for char in text)


def words(verdict: Verdict) -> str:
    """The words beside the label; those of `real` with the score, so that lines can be compared."""
    from unmask.headline import format_probability, make_headline

    headline = make_headline(verdict)
    if headline.label is Label.REAL and headline.probability_fake is not None:
        return f"{headline.detail} ({format_probability(headline.probability_fake)} fake)"
    return headline.detail


def line_width(out: Console) -> int | None:
    """The columns of a terminal; None for a file or a pipe, whose lines are not shortened."""
    return out.width if out.is_terminal else None


def cut_middle(text: str, columns: int) -> str:
    """A text without its middle part if it is wider than `columns`."""
    from rich.cells import cell_len

    if cell_len(text) <= columns:
        return text
    head, tail = text[: (columns - 1) // 2], text[-(columns // 2) :]
    while cell_len(head) + 1 + cell_len(tail) > columns and head:
        head, tail = (head[:-1], tail) if cell_len(head) >= cell_len(tail) else (head, tail[1:])
    return f"{head}…{tail}"


def line(finding: Finding, width: int | None = None) -> Text:
    """A finding in one line.

    Args:
        finding: the finding.
        width: columns of the terminal; a name that does not fit is cut in the middle.
    """
    from rich.text import Text

    if isinstance(finding.result, Failure):
        begin = Text.assemble(("! PROBLEM", "bold white on purple4"), "  ")
        rest = len(finding.result.message) - len(finding.path)
        name = _fitted(finding.path, width, begin.cell_len + rest)
        return begin.append(printable(finding.result.message.replace(finding.path, name)))
    verdict = finding.result
    begin = Text.assemble(STYLES[verdict.label][::-1], f"  {words(verdict):<{WORDS_WIDTH}}  ")
    if width is None or width >= WIDE:
        count = f"{len(verdict.faces)} face{'' if len(verdict.faces) == 1 else 's'}"
        begin.append(f"{count:<8}  {verdict.seconds:5.2f} s  ")
    return begin.append(printable(_fitted(finding.path, width, begin.cell_len)))


def restated(verdict: Verdict, prevalence: float) -> Text | None:
    """A line with the probability for another share of fakes; None without a face."""
    from rich.text import Text

    from unmask.headline import format_probability
    from unmask.prevalence import restate_probability

    if verdict.probability_fake is None:
        return None
    probability = format_probability(restate_probability(verdict.probability_fake, prevalence))
    return Text(
        f"    {probability} fake where {100 * prevalence:.3g}% of all pictures are fake; the label does not change"
    )


def _fitted(name: str, width: int | None, used: int) -> str:
    """A name cut to the rest of a line, but not below `MIN_NAME_WIDTH`."""
    return name if width is None else cut_middle(name, max(width - used, MIN_NAME_WIDTH))


def details(verdict: Verdict, card: ModelCard) -> Iterator[Text]:
    """A line per face, then lines with what not to conclude, the thresholds and the model, and the file."""
    from rich.text import Text

    from unmask.headline import make_headline

    for number, face in enumerate(verdict.faces, start=1):
        yield Text.assemble(f"    face {number}: ", STYLES[face.label][::-1], f"  {_face(face)}")
    yield Text(f"    {make_headline(verdict, card).caution}")
    rule = verdict.thresholds
    yield Text(f"    {rule}, {_unsure(rule)}; model {verdict.model.name} {verdict.model.version}")
    yield Text(f"    {verdict.width}×{verdict.height} {verdict.format}; sha256 {verdict.sha256[:16]}…")


def _unsure(rule: Thresholds) -> str:
    """Where a face is `unsure`, for models that never give one of the other labels too."""
    if rule.allows_real and rule.allows_fake:
        return "unsure between"
    if rule.allows_real or rule.allows_fake:
        return f"unsure {'above' if rule.allows_real else 'below'}"
    return "always unsure"


def _face(face: Face) -> str:
    from unmask.headline import format_probability

    x, y, w, h = face.box
    text = f"{format_probability(face.probability_fake)} fake, {w}×{h} px at {x}, {y}"
    if face.reason == DOUBTFUL_FACE and face.detection_score is not None:
        text += f", perhaps not a face (detection score {face.detection_score:.2f})"
    if face.stability is None:
        return text
    low, high, flips = face.stability.min, face.stability.max, face.stability.flips
    turned = f", {flips} of its re-encodings changed the label" if flips else ""
    return f"{text}; re-encoded it scores {format_probability(low)} to {format_probability(high)} fake{turned}"
