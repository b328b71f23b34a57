"""The output `.html`: a gallery drawn by `reporting` from a journal kept by `scanning`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from unmask.images import Picture
from unmask.scanning.items import reopen
from unmask.scanning.outputs.journaled import JournaledOutput
from unmask.scanning.outputs.output import Row
from unmask.scanning.sort_into_folders import FolderSorter
from unmask.verdict import Finding, Verdict


class HtmlOutput(JournaledOutput):
    """An `.html` file; its journal stays beside it, so that the scan can be gone on with."""

    def __init__(self, path: Path, filing: FolderSorter | None = None) -> None:
        """Prepare a gallery.

        Args:
            path: the file.
            filing: where pictures are moved to, and found again.
        """
        super().__init__(path)
        self._filing = filing

    def _make(self, rows: Iterator[Row], path: Path) -> None:
        from unmask.reporting.scan import scan_page

        path.write_text(scan_page(map(Finding.from_dict, rows), self._picture), "utf-8")

    def _picture(self, verdict: Verdict) -> Picture:
        name = verdict.path or ""
        filed = self._filing.filed(name, verdict) if self._filing else None
        return reopen(str(filed) if filed else name)
