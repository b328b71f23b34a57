"""Decisions of reviewers, in a file that is only appended to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from unmask._files import locked
from unmask.errors import UsageError

Choice = Literal["real", "fake", "cannot_tell", "not_a_face"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
Kind = Literal["", "generated", "manipulated"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision of one reviewer on one image.

    Attributes:
        sha256: SHA-256 of the image.
        choice: one of `CHOICES`.
        reviewer: name or key of the reviewer.
        kind: how the fake was made; empty if it is not known, and for other choices.
        created: time in ISO 8601.
    """

    sha256: str
    choice: Choice
    reviewer: str
    kind: Kind = ""
    created: str = ""

    def __post_init__(self) -> None:
        if self.choice not in CHOICES or self.kind not in KINDS:
            raise UsageError(f"a decision is one of {', '.join(CHOICES)}, not {self.choice!r} {self.kind!r}")


class DecisionLog:
    """A JSON Lines file with one decision per line. Several processes may append to it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, decision: Decision) -> None:
        """Append a decision and wait until the disk holds it.

        Raises:
            UsageError: the file cannot be written.
        """
        created = decision.created or datetime.now(UTC).isoformat(timespec="seconds")
        line = json.dumps(asdict(decision) | {"created": created}, ensure_ascii=False).encode() + b"\n"
        try:
            with self.path.open("a+b") as file, locked(file):
                file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
                partial = file.read(1) not in (b"", b"\n")
                file.write(b"\n" + line if partial else line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UsageError(f"{self.path}: cannot be written ({error.strerror or error})") from None

    def read(self) -> list[Decision]:
        """All decisions; a line that a crash left incomplete is skipped.

        Raises:
            UsageError: the file is not a log of decisions.
        """
        return list(self._decisions()) if self.path.exists() else []

    def _decisions(self) -> Iterator[Decision]:
        for number, line in enumerate(self.path.read_bytes().splitlines(keepends=True), start=1):
            try:
                yield Decision(**json.loads(line))
            except ValueError:
                continue
            except TypeError:
                raise UsageError(f"{self.path}, line {number}: not a decision; choose another --out") from None
