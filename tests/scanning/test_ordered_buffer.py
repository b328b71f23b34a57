"""The reorder buffer."""

from __future__ import annotations

from unmask.scanning.items import ScanItem
from unmask.scanning.ordered_buffer import OrderedBuffer
from unmask.verdict import Failure, Finding


def test_early_findings_wait_for_earlier_items() -> None:
    buffer = OrderedBuffer(size=2)
    tasks = buffer.feed(map(ScanItem, "abcd"))
    assert [next(tasks), next(tasks), next(tasks)] == [(0, ScanItem("a")), (1, ScanItem("b")), None]
    problem = Failure("x", "x")
    assert list(buffer.drain((1, Finding("b", problem)))) == []
    assert [finding.path for finding in buffer.drain((0, Finding("a", problem)))] == ["a", "b"]
    assert next(tasks) == (2, ScanItem("c"))
