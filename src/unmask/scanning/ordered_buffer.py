"""A bounded reorder buffer: numbers items, and puts their findings back into that order."""

from __future__ import annotations

from collections.abc import Iterator

from unmask.scanning.items import ScanItem
from unmask.scanning.pool import NumberedFinding
from unmask.scanning.worker_process import NumberedItem
from unmask.verdict import Finding


class OrderedBuffer:
    """Yields findings in the order of their items.

    At most `size` items are between `feed` and `drain`, so that memory stays bounded when one item is slow.
    """

    def __init__(self, size: int | None) -> None:
        """Create a buffer; without a size, findings are yielded in the order of completion."""
        self._size = size
        self._next = 0
        self._early: dict[int, Finding] = {}

    def feed(self, items: Iterator[ScanItem | None]) -> Iterator[NumberedItem | None]:
        """Yields numbered items; yields None while the buffer is full, and for each None in the input."""
        number = 0
        for item in items:
            while self._size and number >= self._next + self._size:
                yield None
            if item is None:
                yield None
                continue
            yield number, item
            number += 1

    def drain(self, numbered: NumberedFinding) -> Iterator[Finding]:
        """Add a finding; yields all findings whose predecessors have been yielded."""
        number, finding = numbered
        if self._size is None:
            yield finding
            return
        self._early[number] = finding
        while self._next in self._early:
            yield self._early.pop(self._next)
            self._next += 1
