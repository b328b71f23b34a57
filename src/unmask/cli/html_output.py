"""The HTML output of a scan: a gallery of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from unmask.images import Picture
from unmask.scanning.items import reopen
from unmask.scanning.outputs.journaled import JournaledOutput
from unmask.scanning.outputs.output import FindingRow
from unmask.scanning.sort_into_folders import FolderSorter
from unmask.verdict import Finding, Verdict


class HtmlOutput(JournaledOutput):
    """An `.html` file written from a journal; the journal is kept, so that the scan can be resumed."""

    def __init__(self, path: Path, sorter: FolderSorter | None = None) -> None:
        """Create an output.

        Args:
            path: the file.
            sorter: copies or moves the pictures; None if the scan does not.
        """
        super().__init__(path)
        self._sorter = sorter

    def _write_file(self, rows: Iterator[FindingRow], path: Path) -> None:
        from unmask.reporting.scan import scan_page

        findings = map(Finding.from_dict, rows)
        page = scan_page(findings, self._picture, folder=self.path.parent, prevalence=self.prevalence)
        path.write_text(page, "utf-8")

    def _picture(self, verdict: Verdict) -> Picture:
        name = verdict.path or ""
        copy = self._sorter.find_copy(name, verdict) if self._sorter else None
        return reopen(str(copy) if copy else name)
