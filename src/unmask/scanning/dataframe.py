"""Findings as a pandas table, with the columns of the CSV output. Needs the extra `pandas`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from unmask.errors import MissingExtra
from unmask.scanning.outputs.factory import read_findings
from unmask.scanning.outputs.table import COLUMNS, flat
from unmask.verdict import Finding, Verdict

if TYPE_CHECKING:
    from pandas import DataFrame

_TYPES = {str: "string", float: "Float64", int: "Int64"}


def to_dataframe(findings: str | os.PathLike[str] | Iterable[Finding | Verdict]) -> DataFrame:
    """One row per finding; the types of the columns do not depend on the findings.

    Args:
        findings: findings of `scan`, verdicts, or the path of an output file of `unmask scan`.

    Raises:
        MissingExtra: pandas is not installed.
        UsageError: the ending of the name is not that of an output.
        OutputError: the file does not exist, or is not an output of a scan.
    """
    try:
        import pandas
    except ImportError:
        raise MissingExtra("a pandas table", "pandas") from None
    if isinstance(findings, str | os.PathLike):
        rows = [flat(row) for row in read_findings(Path(findings))]
    else:
        rows = [flat({"path": "", **_text_path(each.to_dict())}) for each in findings]
    table = pandas.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({name: _TYPES[kind] for name, kind in COLUMNS.items()})


def _text_path(row: dict[str, object]) -> dict[str, object]:
    """A row whose path is text; a verdict on an array has none."""
    return {**row, "path": row["path"] or ""}
