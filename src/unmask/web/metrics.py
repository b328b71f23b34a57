"""Prometheus metrics: requests, latency, verdicts, scores, problems and the queue."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from unmask.verdict import Verdict

if TYPE_CHECKING:
    from unmask.verdict import Finding

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable of the folder through which several processes share their metrics."""
_TENTHS = tuple(step / 10 for step in range(1, 10))
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_PIXELS = (32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024)


class Metrics:
    """The metrics of one server process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "unmask_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._latency = Histogram(
            "unmask_request_seconds", "Seconds to answer.", ["route"], buckets=_SECONDS, registry=self._registry
        )
        self._verdicts = Counter("unmask_verdicts", "Pictures judged, by label.", ["label"], registry=self._registry)
        self._problems = Counter("unmask_problems", "Pictures not judged, by code.", ["code"], registry=self._registry)
        self._scores = Histogram(
            "unmask_probability_fake", "probability_fake of judged pictures.", buckets=_TENTHS, registry=self._registry
        )
        self._judging = Histogram(
            "unmask_judging_seconds", "Seconds to judge a picture.", buckets=_SECONDS, registry=self._registry
        )
        self._faces = Histogram(
            "unmask_face_pixels", "Longer side of the largest face.", buckets=_PIXELS, registry=self._registry
        )
        self._formats = Counter(
            "unmask_formats", "Pictures judged, by file format.", ["format"], registry=self._registry
        )
        self._queue = Gauge(
            "unmask_queue", "Pictures accepted and not finished.", registry=self._registry, multiprocess_mode="livesum"
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def finding(self, finding: Finding) -> None:
        """Count a verdict or a failure."""
        if not isinstance(finding.result, Verdict):
            self._problems.labels(finding.result.code).inc()
            return
        verdict = finding.result
        self._verdicts.labels(str(verdict.label)).inc()
        self._judging.observe(verdict.seconds)
        if verdict.probability_fake is not None:
            self._scores.observe(verdict.probability_fake)
        self._formats.labels(verdict.format).inc()
        if verdict.faces:
            self._faces.observe(max(verdict.faces[0].box[2:]))

    def queue(self, waiting: int) -> None:
        """Set the length of the queue."""
        self._queue.set(waiting)

    def text(self) -> bytes:
        """All metrics in the Prometheus text format, of all processes if there are several."""
        if os.environ.get(MULTIPROCESS):
            combined = CollectorRegistry()
            MultiProcessCollector(combined)  # type: ignore[no-untyped-call]
            return generate_latest(combined)
        return generate_latest(self._registry)
