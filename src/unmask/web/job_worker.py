"""Background worker for jobs: processes few pictures at a time, so that waiting requests are served first."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from unmask.errors import UnmaskError
from unmask.predict_options import PredictOptions
from unmask.verdict import Failure, Finding
from unmask.web.cancellation import CancellationToken, StepProgress
from unmask.web.clip_uploads import holds_video
from unmask.web.clips import clip_entry, judge_upload, verdict_of
from unmask.web.errors import Busy
from unmask.web.store import jobs
from unmask.web.store.jobs import Claim
from unmask.web.uploads import Upload

if TYPE_CHECKING:
    from unmask.web.services import Services

log = logging.getLogger("unmask.web")

POLL_SECONDS = 2.0
"""Seconds after which the worker looks for items that other processes left."""
FILE_MISSING = Failure("missing_file", "the uploaded bytes are gone from the spool; send the picture again")
TOO_MANY_CRASHES = Failure(
    "judging_crashed", f"the server crashed {jobs.MAX_ATTEMPTS} times while it judged this picture"
)


class JobWorker:
    """Claims items of jobs and judges them. `stop` ends the worker after the items it has begun."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._active: set[asyncio.Task[None]] = set()
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the worker in the running event loop."""
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Claim no more items, and wait for those begun."""
        self._services.stopping.set()
        self._services.work_available.set()
        if self._loop is not None:
            await self._loop
        await asyncio.gather(*self._active, return_exceptions=True)

    async def _run(self) -> None:
        services = self._services
        while not services.stopping.is_set():
            services.work_available.clear()
            claim = None
            if len(self._active) < services.pool.threads and not services.pool.full:
                claim = await self._claim()
            if claim is None:
                await self._wait()
                continue
            task = asyncio.create_task(self._process(claim))
            self._active.add(task)
            task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._active.discard(task)
        self._services.work_available.set()
        if not task.cancelled() and task.exception():
            log.error("an item of a job failed", exc_info=task.exception())

    async def _wait(self) -> None:
        """Wait for a new job or a finished item, at most `POLL_SECONDS`."""
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._services.work_available.wait()
        except TimeoutError:
            return

    async def _claim(self) -> Claim | None:
        services = self._services
        lease = services.settings.judge_timeout + 60
        try:
            return await services.store.awrite(jobs.claim, services.spool.node, services.run_id, lease)
        except Exception:
            log.exception("the next item cannot be claimed; trying again")
            return None

    async def _process(self, claim: Claim) -> None:
        services = self._services
        data = await asyncio.to_thread(services.spool.get, claim.job_id, claim.position)
        finding, clip = await self._predict(claim, data)
        services.metrics.finding(finding)
        kept = services.settings.keep_images and finding.verdict is not None
        if kept and data is not None and finding.verdict:
            await asyncio.to_thread(services.pictures.put, finding.verdict.sha256, data)
        last = await services.store.awrite(
            jobs.finish, claim, finding, kept=kept, more=clip, announce=services.announce_jobs
        )
        await asyncio.to_thread(services.spool.drop, claim.job_id, claim.position)
        if last:
            await asyncio.to_thread(services.spool.drop_job, claim.job_id)

    async def _predict(self, claim: Claim, data: bytes | None) -> tuple[Finding, dict[str, Any]]:
        """The finding, and for a video the tracks of its faces."""
        if data is None or claim.exhausted:
            return Finding(claim.name, FILE_MISSING if data is None else TOO_MANY_CRASHES), {}
        upload = Upload(claim.name, data, clip=holds_video(data))
        options, pool = PredictOptions(**claim.options), self._services.pool
        while True:
            token = CancellationToken()
            work = partial(judge_upload, pool.detector, upload, options, StepProgress(token))
            try:
                judged = await pool.run(work, token)
                return Finding(claim.name, verdict_of(judged)), clip_entry(judged)
            except Busy:
                await asyncio.sleep(0.2)
            except UnmaskError as error:
                return Finding(claim.name, Failure.from_error(error)), {}
