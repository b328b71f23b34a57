"""What the endpoints work with: everything one server process has open."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from unmask.detector import Detector
from unmask.images import Limits
from unmask.web.access_control import RateLimiter
from unmask.web.files import PictureStore, Spool
from unmask.web.inference_pool import InferencePool
from unmask.web.metrics import Metrics
from unmask.web.retention import retain
from unmask.web.settings import MEGABYTE, Settings
from unmask.web.store import Store, history
from unmask.web.uploads import MemoryBudget, UploadLimits

if TYPE_CHECKING:
    from starlette.requests import Request

    from unmask.verdict import Finding


@dataclass(slots=True)
class Services:
    """Everything one server process has open.

    Attributes:
        run: names this start of the server to all of its processes, so that items begun by an earlier one, and only
            those, are seen as abandoned.
        wake: set when a job was accepted. stopping: set when the server was asked to stop.
    """

    settings: Settings
    metrics: Metrics
    pool: InferencePool
    store: Store
    spool: Spool
    pictures: PictureStore
    budget: MemoryBudget
    rates: RateLimiter
    run: str
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    def open(cls, settings: Settings, metrics: Metrics, run: str) -> Services:
        """Open the database, then load the model.

        Raises:
            UsageError: the database or a folder cannot be used.
            ModelError: the model cannot be used.
        """
        store = Store.open(settings.url)
        limits = Limits(settings.max_megapixels * 1_000_000, settings.max_file_mb * MEGABYTE)
        detector = Detector.load(settings.model, threads=1, limits=limits)
        return cls(
            settings=settings,
            metrics=metrics,
            pool=InferencePool(detector, settings.parallel, settings.queue, settings.judge_timeout),
            store=store,
            spool=Spool(settings.folder / "spool"),
            pictures=PictureStore(settings.folder / "pictures"),
            budget=MemoryBudget(settings.queue_mb * MEGABYTE),
            rates=RateLimiter(settings.rate_limit),
            run=run,
        )

    def close(self) -> None:
        """Finish what runs, and close everything."""
        self.pool.close()
        self.store.close()

    @property
    def trust(self) -> Path | None:
        """File of the certificates whose Content Credentials are trusted."""
        return Path(self.settings.trust) if self.settings.trust else None

    def request_limits(self, most: int | None = None) -> UploadLimits:
        """What a request that is answered at once may carry; `most` pictures where fewer than usual make sense."""
        one = self.settings.max_file_mb * MEGABYTE
        count = most or self.settings.max_files
        return UploadLimits(count, one, count * (one + MEGABYTE), self.settings.upload_timeout)

    def job_limits(self) -> UploadLimits:
        """What a job may carry."""
        one, everything = self.settings.max_file_mb * MEGABYTE, self.settings.max_job_mb * MEGABYTE
        return UploadLimits(self.settings.max_job_files, one, everything, self.settings.upload_timeout)

    async def remember(self, owner: str, findings: Sequence[Finding], data: Sequence[bytes]) -> list[str | None]:
        """Store verdicts, and their pictures where the settings say so; ids as `history.remember` gives them."""
        kept = self.settings.keep_images
        for finding, picture in zip(findings, data, strict=True):
            if kept and finding.verdict:
                await asyncio.to_thread(self.pictures.put, finding.verdict.sha256, picture)
        return await self.store.awrite(history.remember, owner, findings, kept=kept)

    def retain(self) -> dict[str, int]:
        """Delete what is older than the settings allow; how much."""
        return retain(self.store, self.spool, self.pictures, self.settings.retention_days or None)


def services_of(request: Request) -> Services:
    """The services of the server a request came to."""
    services: Services = request.app.state.services
    return services


def owner_of(request: Request) -> str:
    """Who asks."""
    owner: str = request.state.owner
    return owner
