"""The output `.html`: a gallery drawn by `reporting` from a journal kept by `scanning`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from unmask.scanning.items import reopen
from unmask.scanning.outputs.journalled import JournalledOutput
from unmask.scanning.outputs.output import Row
from unmask.verdict import Finding


class Gallery(JournalledOutput):
    """An `.html` file; its journal stays beside it, so that the scan can be gone on with."""

    def _make(self, rows: Iterator[Row], path: Path) -> None:
        from unmask.reporting.scan import scan_page

        path.write_text(scan_page(map(Finding.from_dict, rows), reopen), "utf-8")
