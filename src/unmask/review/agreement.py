"""What reviewers agree on, and the manifest of agreed labels."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from unmask._files import write_atomic
from unmask.review.decisions import Choice, Decision
from unmask.review.queue import ReviewItem

COLUMNS = ("file_name", "label", "source", "generator", "group", "reviewer", "reviewed", "reason", "sha256")


@dataclass(frozen=True, slots=True)
class Agreement:
    """The newest decision of each reviewer on one image.

    Attributes:
        decisions: one for each reviewer.
        needed: number of reviewers that must agree.
    """

    decisions: tuple[Decision, ...]
    needed: int

    @property
    def disagreed(self) -> bool:
        """Whether reviewers gave different answers."""
        return len({decision.choice for decision in self.decisions}) > 1

    @property
    def complete(self) -> bool:
        """Whether enough reviewers decided."""
        return len(self.decisions) >= self.needed

    @property
    def choice(self) -> Choice | None:
        """The answer that enough reviewers gave, without a different one; None otherwise."""
        return self.decisions[0].choice if self.complete and not self.disagreed else None

    @property
    def kind(self) -> str:
        """The kind of fake that the reviewers named; empty if they named none, or different ones."""
        kinds = {decision.kind for decision in self.decisions if decision.kind}
        return kinds.pop() if len(kinds) == 1 else ""


def agreements(decisions: Iterable[Decision], needed: int = 1) -> dict[str, Agreement]:
    """The agreement on each image by its SHA-256; a later decision of a reviewer replaces the earlier one."""
    newest: dict[str, dict[str, Decision]] = {}
    for decision in decisions:
        newest.setdefault(decision.sha256, {})[decision.reviewer] = decision
    return {sha256: Agreement(tuple(each.values()), needed) for sha256, each in newest.items()}


def write_manifest(
    path: Path, items: Iterable[ReviewItem], agreed: Mapping[str, Agreement], *, source: str = "review"
) -> int:
    """Write the manifest of the images on whose label the reviewers agree; returns their number.

    Args:
        path: the CSV file; `audit`, `train`, `evaluate` and `unmask data add` read it.
        items: the images.
        agreed: the agreements by SHA-256.
        source: value of the column `source`.
    """
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    count = 0
    for item in items:
        found = agreed.get(item.verdict.sha256)
        if found is None or found.choice not in ("real", "fake"):
            continue
        count += 1
        table.writerow(
            {
                "file_name": str(item.path.resolve()),
                "label": found.choice,
                "source": source,
                "generator": found.kind if found.choice == "fake" else "",
                "group": "",
                "reviewer": " + ".join(decision.reviewer for decision in found.decisions),
                "reviewed": max(decision.created for decision in found.decisions),
                "reason": str(item.reason),
                "sha256": item.verdict.sha256,
            }
        )
    write_atomic(path, text.getvalue().encode("utf-8", "surrogateescape"))
    return count
