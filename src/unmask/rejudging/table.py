"""Writes changed verdicts as CSV, JSON Lines or HTML."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path

from unmask._files import write_atomic
from unmask.errors import UsageError
from unmask.rejudging.change import Change
from unmask.rejudging.page import changes_page

SUFFIXES = (".csv", ".jsonl", ".html")


def check_suffix(path: Path) -> None:
    """Check that changes can be written to a file of this name.

    Raises:
        UsageError: the ending is unknown.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: unknown format of changes; end the name in one of {', '.join(SUFFIXES)}")


def write_changes(path: Path, changes: Sequence[Change], missing: Sequence[str] = ()) -> None:
    """Write the changes whose label or score differs.

    Args:
        path: a `.csv`, `.jsonl` or `.html` file.
        changes: sorted changes.
        missing: paths that could not be judged again; only the page lists them.

    Raises:
        UsageError: the ending is unknown, or the file cannot be written.
    """
    check_suffix(path)
    rows = [change.to_dict() for change in changes if change.relabeled or change.shift]
    if path.suffix.lower() == ".html":
        text = changes_page(changes, missing)
    elif path.suffix.lower() == ".jsonl":
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        out = io.StringIO(newline="")
        columns = ("path", "from", "to", "probability_before", "probability_after", "shift", "cause", "reason")
        table = csv.DictWriter(out, (*columns, "model_before", "model_after"), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
        text = out.getvalue()
    try:
        write_atomic(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror or error})") from None
