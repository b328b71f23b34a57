"""Scan on a Ray cluster: `ScanWorker` in actors, fed by Ray Data.

The machine that starts the scan lists the sources and hands their paths to Ray in chunks. Every path must lead to the
same file on every machine: use a shared file system, or URLs that fsspec understands. Ray Data limits how far readers
run ahead of the actors, restarts actors that crash, and retries their batch. An item that is lost all the same becomes
a finding with a failure, so that every path has a finding.
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

from unmask._decoder_warnings import hide_decoder_warnings
from unmask.card_reader import read_card
from unmask.errors import MissingExtra, WorkerError
from unmask.scanning.items import ScanItem
from unmask.scanning.outputs.parquet import as_table
from unmask.scanning.path_set import PathSet
from unmask.scanning.sources import list_items
from unmask.scanning.task import ScanConfig, ScanWorker
from unmask.verdict import Failure, Finding

CHUNK_SIZE = 50_000
"""Paths in one Ray Data pipeline."""
BATCH_SIZE = 16
"""Images in one call of an actor."""
CONNECT_TIMEOUT = 10.0
"""Seconds to wait for a connection to the cluster."""

Columns = dict[str, Any]


class ScanActor:
    """A Ray actor that loads a detector once and processes batches."""

    def __init__(self, config: ScanConfig, as_arrow: bool) -> None:
        hide_decoder_warnings()
        self._worker = ScanWorker(config)
        self._as_arrow = as_arrow

    def __call__(self, batch: Columns) -> Any:
        """Judge a batch with the columns `path` and `data`; returns findings as JSON, or as an Arrow table."""
        rows = [self._process(path, data).to_dict() for path, data in zip(batch["path"], batch["data"], strict=True)]
        return as_table(rows) if self._as_arrow else {"finding": [json.dumps(row) for row in rows]}

    def _process(self, path: str, data: bytes | None) -> Finding:
        item = ScanItem(str(path), data or None)
        return self._worker.predict(item, self._worker.open(item))


def scan_on_ray(
    sources: Sequence[str],
    config: ScanConfig,
    *,
    workers: int | None = None,
    skip: Container[str] = (),
    leave_out: str | None = None,
    address: str | None = None,
) -> Iterator[Finding]:
    """Judge every image of the sources on a Ray cluster and yield findings in the order of the sources.

    In each chunk, the failures that are known from listing the sources, and those of lost items, come last.

    Args:
        sources: the sources of `unmask.scan`.
        config: what to do with every item; its cache is not used.
        workers: actors; None for one per core of the cluster.
        skip: paths that are not judged.
        leave_out: a folder inside a scanned folder that is skipped.
        address: address of the cluster; None for that of the environment (`RAY_ADDRESS`), or a new local cluster.

    Raises:
        MissingExtra: Ray is not installed.
        UsageError, SourceError: a source does not exist or cannot be read.
        WorkerError: the cluster cannot be reached, or fails.
    """
    read_card(config.detector.model)
    ray = _connect(address)
    for chunk in _chunks(sources, config, skip, leave_out):
        failed = [Finding(item.path, item.failure) for item in chunk if item.failure]
        received = PathSet(finding.path for finding in failed)
        with _ray_errors(ray):
            for row in _pipeline(ray, chunk, config, workers, as_arrow=False).iter_rows():
                finding = Finding.from_dict(json.loads(row["finding"]))
                received.add(finding.path)
                yield finding
        yield from failed
        yield from (_lost(item) for item in chunk if item.path not in received)


def scan_to_parquet(
    sources: Sequence[str], folder: str, config: ScanConfig, *, workers: int | None = None, address: str | None = None
) -> int:
    """Judge every image of the sources on a Ray cluster; the actors write Parquet files into a folder or URL.

    No finding passes through the machine that starts the scan. The columns are those of `scan --out x.parquet`. Unlike
    in `scan_on_ray`, an item that is lost has no row.

    Returns:
        The number of items.

    Raises:
        MissingExtra: Ray is not installed.
        UsageError, SourceError: a source does not exist or cannot be read.
        WorkerError: the cluster cannot be reached, or fails.
    """
    read_card(config.detector.model)
    ray = _connect(address)
    total = 0
    for chunk in _chunks(sources, config, (), None):
        total += len(chunk)
        with _ray_errors(ray):
            _pipeline(ray, chunk, config, workers, as_arrow=True).write_parquet(folder, mode="append")
        failed = [Finding(item.path, item.failure).to_dict() for item in chunk if item.failure]
        if failed:
            ray.data.from_arrow(as_table(failed)).write_parquet(folder, mode="append")
    return total


@contextmanager
def _ray_errors(ray: Any) -> Iterator[None]:
    """Converts RayError to a WorkerError with the last line of its message."""
    try:
        yield
    except ray.exceptions.RayError as error:
        lines = [line for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        raise WorkerError(
            f"the Ray cluster failed: {lines[-1].strip()}; run the same command with --resume to continue"
        ) from error


def _connect(address: str | None) -> Any:
    """Connect to a cluster, or start one; returns the module `ray`."""
    try:
        import ray
        import ray.data
    except ImportError:
        raise MissingExtra("scanning on a cluster", "ray") from None
    try:
        if not ray.is_initialized():
            _check_reachable(address or os.environ.get("RAY_ADDRESS", ""))
            ray.init(address=address, log_to_driver=False, logging_level=logging.CRITICAL, include_dashboard=False)
    except (ConnectionError, ValueError) as error:
        raise WorkerError(f"no Ray cluster: {error}") from error
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_options.preserve_order = True
    context.max_errored_blocks = -1
    return ray


def _check_reachable(address: str) -> None:
    """Fails within seconds if no cluster answers; Ray would retry for minutes. Skips names such as `auto`."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_TIMEOUT).close()
    except OSError as error:
        raise WorkerError(f"no Ray cluster answers at {address}: {error.strerror or error}") from error


def _chunks(
    sources: Sequence[str], config: ScanConfig, skip: Container[str], leave_out: str | None
) -> Iterator[list[ScanItem]]:
    """Yields the first item of each path that is not in `skip`, in lists of up to `CHUNK_SIZE`."""
    seen = PathSet()
    items = list_items(sources, config.detector.limits, leave_out=leave_out)
    unseen = (item for item in items if item.path not in skip and seen.add(item.path))
    while chunk := list(islice(unseen, CHUNK_SIZE)):
        yield chunk


def _pipeline(ray: Any, chunk: list[ScanItem], config: ScanConfig, workers: int | None, *, as_arrow: bool) -> Any:
    """The Ray Data pipeline for one chunk; it starts when its rows are read."""
    rows = [{"path": item.path, "data": item.data or b""} for item in chunk if not item.failure]
    size = workers or max(1, int(ray.cluster_resources().get("CPU", 1)) - 1)
    blocks = max(size, len(rows) // (8 * BATCH_SIZE))
    return ray.data.from_items(rows, override_num_blocks=min(blocks, max(1, len(rows)))).map_batches(
        ScanActor,
        fn_constructor_args=(config, as_arrow),
        batch_size=BATCH_SIZE,
        batch_format="numpy",
        compute=ray.data.ActorPoolStrategy(size=size),
        num_cpus=1,
        max_restarts=-1,
        max_task_retries=2,
    )


def _lost(item: ScanItem) -> Finding:
    message = f"{item.path}: the actor crashed repeatedly; the file may be damaged, or an actor may need more memory"
    return Finding(item.path, Failure(WorkerError.code, message))
