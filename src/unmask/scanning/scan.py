"""`scan`: a source of pictures in, findings out, judged by as many processes as there are cores."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

from unmask.detector import Detector, DetectorConfig
from unmask.errors import UsageError
from unmask.scanning.items import ScanItem
from unmask.scanning.path_set import PathSet
from unmask.scanning.pool import DEPTH, Answer, WorkerPool
from unmask.scanning.sources import items
from unmask.scanning.task import ScanConfig
from unmask.scanning.watch import new_files
from unmask.scanning.worker_process import NumberedItem
from unmask.verdict import Finding

Source = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
SLACK = 8
"""How far workers may run ahead of the finding that is due, as a multiple of what they can hold."""


def scan(
    source: Source,
    *,
    detector: Detector | DetectorConfig | None = None,
    workers: int | None = None,
    stability: bool = True,
    whole_picture: bool = False,
    ordered: bool = True,
    cache: str | os.PathLike[str] | None = None,
    skip: Container[str] = (),
    leave_out: str | os.PathLike[str] | None = None,
    watch: bool = False,
    stop: Event | None = None,
) -> Iterator[Finding]:
    """Judge every picture a source stands for; one finding for each path, whatever happens to it.

    Args:
        source: a picture, folder, pattern, list (`.txt`, `.csv`, `.jsonl`, `.parquet`; "-" for stdin), archive or
            URL, or several of them.
        detector: a loaded detector, or the settings to load one; the default model if None.
        workers: processes that judge; None takes one for each core this process may use.
        stability: also score mild re-encodings of each face.
        whole_picture: where no face is found, judge the whole picture.
        ordered: findings come in the source's order; False gives them as they are completed.
        cache: a file of earlier judgements by content (see `VerdictCache`); None judges every picture anew.
        skip: paths that are not judged.
        leave_out: a folder inside a scanned folder that is not looked into.
        watch: the source is folders, and the scan goes on with files that arrive in them until it is told to stop.
        stop: once set, nothing new is begun; what is in flight still comes.

    Raises:
        UsageError, SourceError: the source leads nowhere or cannot be read.
        ModelError: the detector cannot be loaded.
        OutputError: the cache cannot be opened.
        WorkerError: the processes that judge cannot start.
    """
    job = ScanConfig(_settings(detector), stability, whole_picture, os.fspath(cache) if cache else None)
    stop = stop or Event()
    sources, closed = _sources(source), os.fspath(leave_out) if leave_out else None
    found: Iterator[ScanItem | None] = items(sources, job.settings.limits, leave_out=closed)
    if watch:
        found = new_files(sources, stop, leave_out=closed)
    size = workers or usable_cores()
    order = OrderedBuffer(size * DEPTH * SLACK if ordered else None)
    with WorkerPool(job, size) as pool:
        for answer in pool.run(order.feed(_fresh(found, skip, stop))):
            yield from order.drain(answer) if answer else ()


def _settings(detector: Detector | DetectorConfig | None) -> DetectorConfig:
    """What each worker loads, one thread each, since there is a worker for each core."""
    settings = detector.config if isinstance(detector, Detector) else detector or DetectorConfig()
    if settings is None:
        raise UsageError("this detector was not made by Detector.load, so other processes cannot load it")
    return replace(settings, threads=1)


def _sources(source: Source) -> list[str]:
    return [os.fspath(source)] if isinstance(source, str | os.PathLike) else [os.fspath(each) for each in source]


def _fresh(found: Iterator[ScanItem | None], skip: Container[str], stop: Event) -> Iterator[ScanItem | None]:
    """Items whose paths were not met before, until the scan is told to stop; None passes."""
    seen = PathSet()
    for item in found:
        if stop.is_set():
            return
        if item is None or (item.path not in skip and seen.add(item.path)):
            yield item


class OrderedBuffer:
    """Gives items numbers, and findings back in the order of their numbers.

    Workers are held back where one slow item would let the others run too far ahead, so that memory stays bounded.
    """

    def __init__(self, window: int | None) -> None:
        """Keep the order with at most `window` items under way; None gives findings back as they come."""
        self._window = window
        self._next = 0
        self._early: dict[int, Finding] = {}

    def feed(self, waiting: Iterator[ScanItem | None]) -> Iterator[NumberedItem | None]:
        """NumberedItem items; None passes, and stands for those that the finding that is due keeps waiting."""
        number = 0
        for item in waiting:
            while self._window and number >= self._next + self._window:
                yield None
            if item is None:
                yield None
                continue
            yield number, item
            number += 1

    def drain(self, answer: Answer) -> Iterator[Finding]:
        """The findings that are due now that this one has come."""
        number, finding = answer
        if self._window is None:
            yield finding
            return
        self._early[number] = finding
        while self._next in self._early:
            yield self._early.pop(self._next)
            self._next += 1


def usable_cores() -> int:
    """Cores this process may use, by its affinity and its container's quota."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text("ascii").split()
        cores = min(cores, max(1, int(quota) // int(period)))
    except (OSError, ValueError):
        pass
    return cores
