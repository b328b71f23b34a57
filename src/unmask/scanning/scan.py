"""`unmask.scan`: judge every image of a source in worker processes, one per core."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

from unmask.detector import Detector, DetectorConfig
from unmask.errors import UsageError
from unmask.faces import is_importable
from unmask.scanning.items import ScanItem
from unmask.scanning.ordered_buffer import OrderedBuffer
from unmask.scanning.path_set import PathSet
from unmask.scanning.pool import QUEUE_DEPTH, WorkerPool
from unmask.scanning.sources import list_items
from unmask.scanning.task import ScanConfig
from unmask.scanning.watch import new_files
from unmask.verdict import Finding

Source = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
MAX_LEAD = 8
"""Size of the reorder buffer, as a multiple of the pending items that all workers can hold."""


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
    """Judge every image of a source and yield one finding per path: a verdict or a failure.

    Args:
        source: one or several of: image, folder, pattern, list (`.txt`, `.csv`, `.tsv`, `.jsonl`, `.parquet`;
            "-" for stdin), archive, URL.
        detector: a loaded detector, or the config to load one with; None for the default model.
        workers: worker processes; None for one per usable core.
        stability: also score mild re-encodings of each face.
        whole_picture: if no face is found, judge the whole image.
        ordered: yield findings in the order of the source; False yields each as soon as it is completed.
        cache: path of a verdict cache (see `VerdictCache`); None judges every image again.
        skip: paths that are not judged; `unmask scan --resume` passes the paths in the output
            (`cli.scan_setup.load_finished`).
        leave_out: a folder inside a scanned folder that is skipped.
        watch: the source is folders; continue with files that are added to them until `stop` is set.
        stop: once set, no further item is started; pending items are completed.

    Raises:
        UsageError, SourceError: the source does not exist or cannot be read.
        ModelError: the detector cannot be loaded.
        OutputError: the cache cannot be opened.
        WorkerError: the worker processes cannot start.
    """
    config = ScanConfig(_worker_detector(detector), stability, whole_picture, os.fspath(cache) if cache else None)
    stop = stop or Event()
    sources, excluded = _paths(source), os.fspath(leave_out) if leave_out else None
    items: Iterator[ScanItem | None] = list_items(sources, config.detector.limits, leave_out=excluded)
    if watch:
        items = new_files(sources, stop, leave_out=excluded)
    size = workers or usable_cores()
    buffer = OrderedBuffer(size * QUEUE_DEPTH * MAX_LEAD if ordered else None)
    with WorkerPool(config, size) as pool:
        for numbered in pool.run(buffer.feed(_unseen(items, skip, stop))):
            yield from buffer.drain(numbered) if numbered else ()


def _worker_detector(detector: Detector | DetectorConfig | None) -> DetectorConfig:
    """The config of each worker's detector; one thread, because there is one worker per core."""
    config = detector.config if isinstance(detector, Detector) else detector or DetectorConfig()
    if config is None:
        raise UsageError("workers can load only a detector made by Detector.load; pass one, or a DetectorConfig")
    if not is_importable(config.faces):
        raise UsageError("workers cannot import the function given as `faces`; define it at the top level of a module")
    return replace(config, threads=1)


def _paths(source: Source) -> list[str]:
    return [os.fspath(source)] if isinstance(source, str | os.PathLike) else [os.fspath(each) for each in source]


def _unseen(items: Iterator[ScanItem | None], skip: Container[str], stop: Event) -> Iterator[ScanItem | None]:
    """Yields the first item of each path that is not in `skip`, until `stop` is set; None is passed on."""
    seen = PathSet()
    for item in items:
        if stop.is_set():
            return
        if item is None or (item.path not in skip and seen.add(item.path)):
            yield item


def usable_cores() -> int:
    """The number of cores that this process may use, by its CPU affinity and cgroup quota."""
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
