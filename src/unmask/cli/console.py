"""Format findings for a terminal: results go to stdout, everything else to stderr."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from unmask.verdict import DOUBTFUL_FACE, Face, Failure, Finding, Label, Verdict, display_probability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.text import Text

STYLES: dict[Label, tuple[str, str]] = {
    Label.FAKE: ("bold white on red3", "✗ FAKE   "),
    Label.REAL: ("bold white on green4", "✓ REAL   "),
    Label.UNSURE: ("bold black on yellow3", "? UNSURE "),
    Label.NO_FACE: ("bold white on gray42", "– NO FACE"),
}

MIN_NAME_WIDTH = 16
"""Columns that a name always has."""


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


def probability(label: Label, probability_fake: float | None) -> str:
    """The probability of the label, such as "98.1% real"; that of `fake` if the label is `unsure`."""
    if probability_fake is None:
        return "no score"
    if label is Label.REAL:
        return f"{display_probability(1 - probability_fake):.1%} real"
    return f"{display_probability(probability_fake):.1%} fake"


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
    count = f"{len(verdict.faces)} face{'' if len(verdict.faces) == 1 else 's'}"
    begin = Text.assemble(
        STYLES[verdict.label][::-1],
        f"  {probability(verdict.label, verdict.probability_fake):>10}",
        f"  {count:<8}",
        f"  {verdict.seconds:5.2f} s  ",
    )
    return begin.append(printable(_fitted(finding.path, width, begin.cell_len)))


def _fitted(name: str, width: int | None, used: int) -> str:
    """A name cut to the rest of a line, but not below `MIN_NAME_WIDTH`."""
    return name if width is None else cut_middle(name, max(width - used, MIN_NAME_WIDTH))


def details(verdict: Verdict) -> Iterator[Text]:
    """A line per face, and a line with thresholds, model and file."""
    from rich.text import Text

    for number, face in enumerate(verdict.faces, start=1):
        yield Text.assemble(f"    face {number}: ", STYLES[face.label][::-1], f"  {_face(face)}")
    rule = verdict.thresholds
    yield Text(
        f"    {rule}, unsure {'between' if rule.allows_real else 'below'}; "
        f"model {verdict.model.name} {verdict.model.version}; {verdict.width}×{verdict.height} {verdict.format}; "
        f"sha256 {verdict.sha256[:16]}…"
    )


def _face(face: Face) -> str:
    x, y, w, h = face.box
    text = f"{probability(face.label, face.probability_fake)}, {w}×{h} px at {x}, {y}"
    if face.reason == DOUBTFUL_FACE and face.detection_score is not None:
        text += f", perhaps not a face (detection score {face.detection_score:.2f})"
    if face.stability is None:
        return text
    low, high, flips = face.stability.min, face.stability.max, face.stability.flips
    turned = f", {flips} of its re-encodings changed the label" if flips else ""
    return (
        f"{text}; re-encoded it scores {display_probability(low):.1%} to {display_probability(high):.1%} fake{turned}"
    )
