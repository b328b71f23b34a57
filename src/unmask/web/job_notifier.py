"""Announces ended jobs to the address of `--job-webhook`, in the background and across restarts."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from unmask.web.errors import NotFound
from unmask.web.store import job_webhooks, jobs
from unmask.web.store.job_webhooks import DELIVERED, FAILED, WAITING, JobMessage
from unmask.webhooks import DeliveryFailed, Webhook, make_event, read_secret, retry_delay

if TYPE_CHECKING:
    from unmask.web.services import Services
    from unmask.web.settings import Settings

log = logging.getLogger("unmask.web")

POLL_SECONDS = 1.0
"""Seconds between two looks for webhooks that are due."""
LEASE_SECONDS = 30.0
"""Seconds after which another process takes over a webhook whose process ended."""
ATTEMPTS = 12
"""Attempts for one job; with the delays between them they take about 27 minutes."""


def open_webhook(settings: Settings, environ: Mapping[str, str] = os.environ) -> Webhook | None:
    """The webhook of the settings; None if they name no address.

    Raises:
        UsageError: the address is invalid, or there is no secret.
    """
    if not settings.job_webhook:
        return None
    file = settings.job_webhook_secret_file
    return Webhook(settings.job_webhook, read_secret(Path(file) if file else None, environ))


class JobNotifier:
    """Delivers the webhooks of ended jobs, one after the other. Jobs never wait for it."""

    def __init__(self, services: Services, webhook: Webhook) -> None:
        self._services, self._webhook = services, webhook
        self._loop: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start in the running event loop."""
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Start no further delivery. One that is interrupted is repeated after the next start."""
        if self._loop is not None:
            self._loop.cancel()
            with suppress(asyncio.CancelledError):
                await self._loop

    async def _run(self) -> None:
        while True:
            try:
                message = await self._services.store.awrite(job_webhooks.claim, LEASE_SECONDS)
                if message is not None:
                    await self._deliver(message)
                    continue
            except Exception:
                log.exception("a webhook cannot be sent; trying again")
            await asyncio.sleep(POLL_SECONDS)

    async def _deliver(self, message: JobMessage) -> None:
        store = self._services.store
        try:
            job = await store.aread(jobs.summary, message.owner, message.job_id)
        except NotFound:
            return
        event = make_event(f"job.{job['state']}", {**job, "key": message.key})
        try:
            await asyncio.to_thread(self._webhook.deliver, message.message_id, event)
        except DeliveryFailed as failure:
            last = not failure.retry or message.attempt >= ATTEMPTS
            if last or message.attempt == 1:
                end = "gave up" if last else "trying again"
                log.warning("webhook: %s; %s", failure.message, end, extra={"job": message.job_id})
            state, delay = (FAILED, 0.0) if last else (WAITING, retry_delay(message.attempt, failure))
            await store.awrite(job_webhooks.settle, message, state, delay)
        else:
            await store.awrite(job_webhooks.settle, message, DELIVERED)
