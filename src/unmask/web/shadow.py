"""A shadow candidate judges a share of the pictures beside the active model. Its verdicts are compared, never shown."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from unmask.detector import Detector
from unmask.errors import UnmaskError
from unmask.verdict import Verdict
from unmask.web.store import shadows

if TYPE_CHECKING:
    from unmask.web.services import Services

log = logging.getLogger("unmask.web")


class ShadowCandidate:
    """Judges pictures with the candidate while the server has free threads.

    Attributes:
        detector: the candidate.
    """

    def __init__(self, detector: Detector, share: float) -> None:
        """Create a shadow.

        Args:
            detector: the candidate.
            share: share of the pictures; the digest of a picture decides.
        """
        self.detector = detector
        self._share = share
        self._running: set[asyncio.Task[None]] = set()

    def submit(self, services: Services, verdicts: Sequence[Verdict | UnmaskError], data: Sequence[bytes]) -> None:
        """Judge the chosen pictures in the background. Pictures are dropped while others wait."""
        for verdict, picture in zip(verdicts, data, strict=True):
            chosen = isinstance(verdict, Verdict) and int(verdict.sha256[-8:], 16) < self._share * 16**8
            if chosen and isinstance(verdict, Verdict) and services.pool.waiting < services.pool.threads:
                task = asyncio.get_running_loop().create_task(self._compare(services, verdict, picture))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    async def _compare(self, services: Services, verdict: Verdict, picture: bytes) -> None:
        """Judge one picture and store both results."""
        stability = any(face.stability for face in verdict.faces)
        try:
            found = await services.pool.run(lambda: self.detector.predict(picture, stability=stability))
            await services.store.awrite(shadows.add, verdict, found)
        except UnmaskError as error:
            log.info("shadow candidate failed: %s", error.message)
