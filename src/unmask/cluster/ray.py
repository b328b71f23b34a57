"""A scan on a Ray cluster: the same judge in actors, fed by Ray Data, with the same findings as a local scan.

Sources are listed where this runs, in portions; the paths must lead to the same files on every machine (a shared file
system, or URLs that fsspec understands). Ray Data holds readers back when judging lags, restarts actors that die, and
tries their batch again. What is lost all the same becomes a problem, so that each path has its finding.
"""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from unmask.detector import read_card
from unmask.errors import MissingExtra, WorkerError
from unmask.scanning.items import ScanItem
from unmask.scanning.outputs.parquet import as_table
from unmask.scanning.path_set import PathSet
from unmask.scanning.sources import items
from unmask.scanning.task import ScanConfig, ScanWorker
from unmask.verdict import Failure, Finding

PORTION = 50_000
"""Paths that are handed to Ray together; each portion is one streaming pass."""
BATCH = 16
"""Pictures an actor is given at a time."""
KNOCKING = 10.0
"""Seconds a cluster may take to answer."""

Columns = dict[str, Any]


class ScanActor:
    """One actor: a detector, loaded once, at work on batches."""

    def __init__(self, job: ScanConfig, in_columns: bool) -> None:
        self._judge = ScanWorker(job)
        self._in_columns = in_columns

    def __call__(self, batch: Columns) -> Any:
        """Judge a batch with the columns `path` and `data`; findings as JSON, or as an Arrow table."""
        found = [self._finding(path, data).to_dict() for path, data in zip(batch["path"], batch["data"], strict=True)]
        return as_table(found) if self._in_columns else {"finding": [json.dumps(each) for each in found]}

    def _finding(self, path: str, data: bytes | None) -> Finding:
        item = ScanItem(str(path), data or None)
        return self._judge.judge(item, self._judge.open(item))


def scan_on_ray(
    sources: Sequence[str],
    job: ScanConfig,
    *,
    workers: int | None = None,
    skip: Container[str] = (),
    leave_out: str | None = None,
    address: str | None = None,
) -> Iterator[Finding]:
    """Judge everything the sources stand for on a Ray cluster; findings come in the sources' order.

    Those that are known to be problems beforehand, or that are lost, come behind the others of their portion.

    Args:
        sources: as `scan` takes them.
        job: what is to be done; its cache is not used.
        workers: actors; None takes one for each core of the cluster.
        skip: paths that are not judged.
        leave_out: a folder inside a scanned folder that is not looked into.
        address: of the cluster; None takes the one of the environment (`RAY_ADDRESS`), else starts one here.

    Raises:
        MissingExtra: Ray is not installed.
        UsageError, SourceError: a source leads nowhere or cannot be read.
        WorkerError: the cluster cannot do the work.
    """
    read_card(job.settings.model)
    ray = _connect(address)
    for portion in _portions(sources, job, skip, leave_out):
        known = [Finding(item.path, item.failure) for item in portion if item.failure]
        came = PathSet(finding.path for finding in known)
        with _told(ray):
            for row in _judged(ray, portion, job, workers, in_columns=False).iter_rows():
                finding = Finding.from_dict(json.loads(row["finding"]))
                came.add(finding.path)
                yield finding
        yield from known
        yield from (_lost(item) for item in portion if item.path not in came)


def scan_to_parquet(
    sources: Sequence[str], folder: str, job: ScanConfig, *, workers: int | None = None, address: str | None = None
) -> int:
    """Judge everything the sources stand for and have the actors write Parquet files below a folder or URL.

    Findings never pass through the machine that started the scan. The columns are those of `scan --out x.parquet`. What
    is lost with actors that die again and again has no row here, unlike in `scan_on_ray`.

    Returns:
        How many paths were handed out.

    Raises:
        MissingExtra: Ray is not installed.
        UsageError, SourceError: a source leads nowhere or cannot be read.
        WorkerError: the cluster cannot do the work.
    """
    read_card(job.settings.model)
    ray = _connect(address)
    total = 0
    for portion in _portions(sources, job, (), None):
        total += len(portion)
        with _told(ray):
            _judged(ray, portion, job, workers, in_columns=True).write_parquet(folder, mode="append")
        known = [Finding(item.path, item.failure).to_dict() for item in portion if item.failure]
        if known:
            ray.data.from_arrow(as_table(known)).write_parquet(folder, mode="append")
    return total


@contextmanager
def _told(ray: Any) -> Iterator[None]:
    """What goes wrong on the cluster is told in one line."""
    try:
        yield
    except ray.exceptions.RayError as error:
        lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        raise WorkerError(f"the cluster cannot go on: {lines[-1].strip()}") from error


def _connect(address: str | None) -> Any:
    try:
        import ray
        import ray.data
    except ImportError:
        raise MissingExtra("scanning on a cluster", "ray") from None
    try:
        if not ray.is_initialized():
            _knock(address or os.environ.get("RAY_ADDRESS", ""))
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL, include_dashboard=False)
    except (ConnectionError, ValueError) as error:
        raise WorkerError(f"no Ray cluster: {error}") from error
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    context.max_errored_blocks = -1
    return ray


def _knock(address: str) -> None:
    """Ray itself would try for minutes where nobody answers; names such as `auto` are left to it."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCKING).close()
    except OSError as error:
        raise WorkerError(f"no Ray cluster answers at {address}: {error.strerror or error}") from error


def _portions(
    sources: Sequence[str], job: ScanConfig, skip: Container[str], leave_out: str | None
) -> Iterator[list[ScanItem]]:
    """Items whose paths were not met before, some at a time."""
    seen = PathSet()
    found = items(sources, job.settings.limits, leave_out=leave_out)
    fresh = (item for item in found if item.path not in skip and seen.add(item.path))
    while portion := list(islice(fresh, PORTION)):
        yield portion


def _judged(ray: Any, portion: list[ScanItem], job: ScanConfig, workers: int | None, *, in_columns: bool) -> Any:
    """The streaming pass over a portion, not begun yet."""
    rows = [{"path": item.path, "data": item.data or b""} for item in portion if not item.failure]
    size = workers or max(1, int(ray.cluster_resources().get("CPU", 1)) - 1)
    blocks = max(size, len(rows) // (8 * BATCH))
    return ray.data.from_items(rows, override_num_blocks=min(blocks, max(1, len(rows)))).map_batches(
        ScanActor,
        fn_constructor_args=(job, in_columns),
        batch_size=BATCH,
        batch_format="numpy",
        compute=ray.data.ActorPoolStrategy(size=size),
        num_cpus=1,
        max_restarts=-1,
        max_task_retries=2,
    )


def _lost(item: ScanItem) -> Finding:
    message = f"{item.path}: the actor judging it died again and again; a damaged file, or too little memory"
    return Finding(item.path, Failure(WorkerError.code, message))
