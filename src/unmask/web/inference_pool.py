"""The bench: a bounded pool of threads around one shared detector, so that judging never holds up the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from unmask.errors import UnmaskError
from unmask.web.cancellation import Watch
from unmask.web.errors import Busy, JudgingTimeout

if TYPE_CHECKING:
    from unmask.detector import Detector
    from unmask.verdict import Verdict

Result = TypeVar("Result")
log = logging.getLogger("unmask.web")


@dataclass(frozen=True, slots=True)
class PredictOptions:
    """How a picture is to be judged, as `Detector.predict` takes it."""

    whole_picture: bool = False
    stability: bool = True

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain JSON values."""
        return {"whole_picture": self.whole_picture, "stability": self.stability}


class InferencePool:
    """Judges pictures in threads; what waits is counted and bounded.

    Attributes:
        detector: the one all threads share.
        threads: pictures judged at the same time.
        waiting: pictures accepted and not finished.
    """

    def __init__(self, detector: Detector, threads: int, capacity: int, timeout: float) -> None:
        self.detector = detector
        self.threads = threads
        self.waiting = 0
        self._capacity = capacity
        self._timeout = timeout
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="judge")

    @property
    def full(self) -> bool:
        """Whether another picture would be refused."""
        return self.waiting >= self._capacity

    def admit(self) -> None:
        """Refuse early what would not find a place.

        Raises:
            Busy: the queue is full.
        """
        if self.full:
            raise Busy(f"{self.waiting} pictures are waiting; try again in a few seconds")

    async def judge(self, data: bytes, name: str, question: PredictOptions) -> Verdict:
        """Judge one picture.

        Raises:
            Busy, JudgingTimeout: as `do`.
            UnmaskError: the picture cannot be judged.
        """
        return await self.do(partial(self.detector.predict, data, name=name, **question.to_dict()))

    async def do(self, work: Callable[[], Result], watch: Watch | None = None) -> Result:
        """Run `work` in the pool.

        Args:
            work: what to do.
            watch: what `work` tells its progress to. As long as there is any, it is given more time.

        Raises:
            Busy: the queue is full.
            JudgingTimeout: not finished in time.
            UnmaskError: what `work` raises; anything it raises unexpectedly becomes one, and is logged.
        """
        self.admit()
        self.waiting += 1
        loop = asyncio.get_running_loop()
        future = self._pool.submit(_guarded, work)
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._leave))
        watch, seen, waited = watch or Watch(), -1, asyncio.wrap_future(future)
        try:
            while watch.calls > seen:
                seen = watch.calls
                done, _ = await asyncio.wait({waited}, timeout=self._timeout)
                if done:
                    return waited.result()
            raise JudgingTimeout(f"not judged within {self._timeout:g} seconds")
        finally:
            watch.leave()
            waited.cancel()

    def _leave(self) -> None:
        """Count a picture out when its thread is done with it, which a cancelled request does not change."""
        self.waiting -= 1

    def close(self) -> None:
        """Finish what runs, drop what waits, and stop the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _guarded(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except UnmaskError:
        raise
    except Exception as error:
        log.exception("judging failed")
        raise UnmaskError("an unexpected error; the server's log has the details") from error
