"""Everything one server process has open, for the endpoints."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from unmask.detector import Detector
from unmask.images import Limits
from unmask.web.access_control import RateLimiter
from unmask.web.clips import clips_available
from unmask.web.files import PictureStore, Spool
from unmask.web.inference_pool import InferencePool
from unmask.web.metrics import Metrics
from unmask.web.other_models import OtherModels
from unmask.web.retention import delete_expired
from unmask.web.settings import MEGABYTE, Settings
from unmask.web.shadow import ShadowCandidate
from unmask.web.startup_checks import StartupChecks
from unmask.web.store import Store, history
from unmask.web.uploads import MemoryBudget, UploadLimits

if TYPE_CHECKING:
    from starlette.requests import Request

    from unmask.verdict import Finding


@dataclass(slots=True)
class Services:
    """Everything one server process has open.

    Attributes:
        other_models: the shipped models beside that of `pool`.
        run_id: id of this start of the server, the same in all of its processes. Items that another run began are taken
            over.
        work_available: set when a job was accepted or a thread of the pool became free.
        stopping: set when the server was asked to stop.
        startup_checks: the required checks of `unmask doctor`.
    """

    settings: Settings
    metrics: Metrics
    pool: InferencePool
    store: Store
    spool: Spool
    pictures: PictureStore
    budget: MemoryBudget
    rate_limiter: RateLimiter
    other_models: OtherModels
    shadow: ShadowCandidate | None
    run_id: str
    work_available: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    startup_checks: StartupChecks = field(default_factory=StartupChecks)

    @classmethod
    def open(cls, settings: Settings, metrics: Metrics, run_id: str) -> Services:
        """Open the database, then load the model.

        Raises:
            UsageError: the database or a folder cannot be used.
            ModelError: the model cannot be used.
        """
        store = Store.open(settings.url)
        limits = Limits(settings.max_megapixels * 1_000_000, settings.max_file_mb * MEGABYTE)
        detector, shadow = _load(settings, settings.model), None
        if settings.shadow:
            shadow = ShadowCandidate(_load(settings, settings.shadow), settings.shadow_share)
        return cls(
            settings=settings,
            metrics=metrics,
            shadow=shadow,
            pool=InferencePool(detector, settings.parallel, settings.queue, settings.judge_timeout),
            store=store,
            spool=Spool(settings.folder / "spool"),
            pictures=PictureStore(settings.folder / "pictures"),
            budget=MemoryBudget(settings.queue_mb * MEGABYTE),
            rate_limiter=RateLimiter(settings.rate_limit),
            other_models=OtherModels(limits),
            run_id=run_id,
        )

    def load_detector(self) -> Detector:
        """Load the model of the settings again.

        Raises:
            ModelError: the model cannot be used.
        """
        return _load(self.settings, self.settings.model)

    def close(self) -> None:
        """Finish the running work and close everything."""
        self.pool.close()
        self.store.close()

    @property
    def announce_jobs(self) -> bool:
        """Whether a webhook announces ended jobs."""
        return bool(self.settings.job_webhook)

    @property
    def trust(self) -> Path | None:
        """File of the certificates whose Content Credentials are trusted."""
        return Path(self.settings.trust) if self.settings.trust else None

    def request_limits(self, max_files: int | None = None) -> UploadLimits:
        """Limits of a synchronous request.

        Args:
            max_files: number of pictures; that of the settings if None.
        """
        file_bytes = self.settings.max_file_mb * MEGABYTE
        count = max_files or self.settings.max_files
        return UploadLimits(count, file_bytes, count * (file_bytes + MEGABYTE), self.settings.upload_timeout)

    def detect_limits(self) -> UploadLimits:
        """Limits of a synchronous request that takes videos, too."""
        limits, clip_bytes = self.request_limits(), self.clip_bytes
        return replace(limits, clip_bytes=clip_bytes, total_bytes=max(limits.total_bytes, clip_bytes + MEGABYTE))

    def job_limits(self) -> UploadLimits:
        """Limits of a job."""
        file_bytes, total_bytes = self.settings.max_file_mb * MEGABYTE, self.settings.max_job_mb * MEGABYTE
        seconds = self.settings.upload_timeout
        return UploadLimits(self.settings.max_job_files, file_bytes, total_bytes, seconds, self.clip_bytes)

    @property
    def clip_bytes(self) -> int:
        """Bytes of the largest video that is judged; 0 without the extra `video`."""
        return self.settings.max_clip_mb * MEGABYTE if clips_available() else 0

    async def add_to_history(self, owner: str, findings: Sequence[Finding], data: Sequence[bytes]) -> list[str | None]:
        """Store verdicts, and their pictures if the settings keep pictures; returns ids as `history.add` does."""
        kept = self.settings.keep_images
        for finding, picture in zip(findings, data, strict=True):
            if kept and finding.verdict:
                await asyncio.to_thread(self.pictures.put, finding.verdict.sha256, picture)
        return await self.store.awrite(history.add, owner, findings, kept=kept)

    def remember(self, owner: str, finding: Finding, data: bytes) -> str | None:
        """Store one verdict as `add_to_history` does, in the thread of the caller."""
        kept = self.settings.keep_images
        if kept and finding.verdict:
            self.pictures.put(finding.verdict.sha256, data)
        return self.store.write(history.add, owner, [finding], kept=kept)[0]

    def delete_expired(self) -> dict[str, int]:
        """Delete data older than the settings allow; returns the number of deleted verdicts and jobs."""
        return delete_expired(self.store, self.spool, self.pictures, self.settings.retention_days or None)


def _load(settings: Settings, model: str) -> Detector:
    """A detector with the limits and the face detector of the settings."""
    limits = Limits(settings.max_megapixels * 1_000_000, settings.max_file_mb * MEGABYTE)
    return Detector.load(model, threads=1, limits=limits, faces=settings.faces or None)


def services_of(request: Request) -> Services:
    """The services of the server that received a request."""
    services: Services = request.app.state.services
    return services


def owner_of(request: Request) -> str:
    """The owner whose key a request carries."""
    owner: str = request.state.owner
    return owner
