"""`unmask review`: people confirm labels, one picture at a time."""

from __future__ import annotations

import getpass
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unmask.cli import console
from unmask.errors import ImageError, UsageError
from unmask.review import Agreement, Decision, DecisionLog, ReviewItem, agreements, queue_from_findings, write_manifest
from unmask.verdict import Finding

if TYPE_CHECKING:
    from rich.console import Console

    from unmask.review.decisions import Choice, Kind

CHOICE_KEYS: dict[str, Choice] = {"r": "real", "f": "fake", "c": "cannot_tell", "n": "not_a_face"}
KIND_KEYS: dict[str, Kind] = {"g": "generated", "m": "manipulated", "\r": "", "\n": "", " ": ""}
ASK = "[r]eal  [f]ake  [c]annot tell  [n]ot a face  [b]ack  [q]uit"
ASK_KIND = "fake: [g]enerated face  [m]anipulated picture  [Enter] not clear"


def run(
    findings: Annotated[
        Path | None, typer.Argument(metavar="[FINDINGS]", help="The --out file of a scan of pictures on this machine.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Manifest (.csv) of the agreed labels; decisions are kept beside it.",
            show_default="reviewed.csv",
        ),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Review the server's history (pictures kept by --keep-images).")
    ] = False,
    data_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Data folder of the server, with --history.")
    ] = None,
    reviewer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Your name in the decisions.", show_default="login name")
    ] = None,
    reviewers: Annotated[int, typer.Option(min=1, metavar="N", help="Reviewers that must agree.")] = 1,
    disagreements: Annotated[
        bool, typer.Option("--disagreements", help="Only pictures on which reviewers disagree, to decide again.")
    ] = False,
    control: Annotated[
        float, typer.Option(min=0.0, metavar="SHARE", help="Share of sure verdicts to review as a control sample.")
    ] = 0.05,
    source: Annotated[str, typer.Option(metavar="NAME", help="Source of the pictures in the manifest.")] = "review",
    show: Annotated[bool, typer.Option("--show/--no-show", help="Draw the face in the terminal.")] = True,
) -> None:
    """Confirm labels one picture at a time: disputed verdicts, unsure ones, and a random control sample.

    Each decision is on the disk before the next picture is shown; run the same command to continue. Ends with the
    manifest of the pictures on which the reviewers agree.

    Examples:

      unmask review findings.csv --out reviewed.csv
      unmask review findings.csv --out reviewed.csv --reviewers 2 --reviewer ana
      unmask review findings.csv --out reviewed.csv --reviewers 2 --reviewer ana --disagreements
      unmask review --history --out reviewed.csv
    """
    if (findings is None) is not history:
        raise UsageError("name the findings of a scan, or pass --history")
    out = out or Path("reviewed.csv")
    log = DecisionLog(out.with_suffix(".decisions.jsonl"))
    name = reviewer or getpass.getuser()
    screen = console.stdout()
    if history:
        from unmask.cli.review_history import history_queue

        items, decisions = history_queue(data_dir, control)
        for decision in decisions:
            if decision not in log.read():
                log.append(decision)
    else:
        from unmask.scanning.outputs import read_findings

        assert findings is not None
        items = queue_from_findings(map(Finding.from_dict, read_findings(findings)), control)
    _review(screen, _open_items(items, log, name, reviewers, disagreements), log, name, show=show)
    found = agreements(log.read(), reviewers)
    written = write_manifest(out, items, found, source=source)
    _summarize(screen, items, found, written, out)


def _open_items(
    items: list[ReviewItem], log: DecisionLog, reviewer: str, needed: int, disagreements: bool
) -> list[ReviewItem]:
    """The items that need a decision and have none of this reviewer, or all on which reviewers disagree."""
    found = agreements(log.read(), needed)

    def is_open(item: ReviewItem) -> bool:
        agreement = found.get(item.verdict.sha256)
        if agreement is None:
            return not disagreements
        if disagreements:
            return agreement.disagreed
        decided = any(decision.reviewer == reviewer for decision in agreement.decisions)
        return not decided and (not agreement.complete or agreement.disagreed)

    return [item for item in items if is_open(item)]


def _review(screen: Console, items: Sequence[ReviewItem], log: DecisionLog, reviewer: str, *, show: bool) -> None:
    """Ask for a decision on each item."""
    place = 0
    while place < len(items):
        item = items[place]
        _present(screen, item, place, len(items), show=show)
        key = _key(ASK, {*CHOICE_KEYS, "b", "q"})
        if key == "q":
            return
        if key == "b":
            place = max(0, place - 1)
            continue
        choice = CHOICE_KEYS[key]
        kind = KIND_KEYS[_key(ASK_KIND, set(KIND_KEYS))] if choice == "fake" else ""
        log.append(Decision(item.verdict.sha256, choice, reviewer, kind))
        place += 1


def _present(screen: Console, item: ReviewItem, place: int, total: int, *, show: bool) -> None:
    """Show one picture with its verdict."""
    screen.print(f"\n{place + 1} of {total}, {item.reason}: {console.printable(str(item.path))}")
    if show:
        from unmask.cli.terminal_picture import draw_picture
        from unmask.images import open_image

        try:
            rows = max(8, screen.height - 6)
            screen.print(draw_picture(open_image(item.path), item.verdict, min(screen.width, 100), rows), end="")
        except ImageError as error:
            screen.print(error.message)
    screen.print(console.line(Finding(item.path.name, item.verdict)))


def _key(question: str, valid: set[str]) -> str:
    """The first valid key that is pressed; `q`, or the key for "not clear", at the end of a piped input."""
    typer.echo(question)
    while key := typer.getchar() if sys.stdin.isatty() else sys.stdin.read(1):
        if key.lower() in valid:
            return key.lower()
    return "q" if "q" in valid else "\r"


def _summarize(screen: Console, items: list[ReviewItem], found: dict[str, Agreement], written: int, out: Path) -> None:
    here = [found[item.verdict.sha256] for item in items if item.verdict.sha256 in found]
    counts = Counter(agreement.choice or "open" for agreement in here)
    words = ", ".join(
        f"{counts[name]:,} {name.replace('_', ' ')}" for name in ("real", "fake", "cannot_tell", "not_a_face")
    )
    disputed = sum(agreement.disagreed for agreement in here)
    screen.print(f"{len(items):,} in the queue, {len(here):,} looked at: {words}; {disputed:,} disagreements")
    if waiting := sum(not agreement.complete for agreement in here):
        screen.print(f"{waiting:,} wait for another reviewer: run the same command with another --reviewer")
    for item in items:
        agreement = found.get(item.verdict.sha256)
        if agreement and agreement.disagreed:
            answers = ", ".join(f"{each.reviewer}: {each.choice}" for each in agreement.decisions)
            screen.print(console.printable(f"disagreement: {item.path}: {answers}"))
    screen.print(f"{written:,} agreed labels → {out}")
