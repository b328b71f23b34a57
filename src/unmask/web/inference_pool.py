"""Bounded thread pool around one shared detector, so that inference never blocks the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from unmask.errors import UnmaskError
from unmask.predict_options import PredictOptions
from unmask.web.cancellation import CancellationToken
from unmask.web.errors import Busy, InferenceTimeout

if TYPE_CHECKING:
    from unmask.detector import Detector
    from unmask.verdict import Verdict

Result = TypeVar("Result")
log = logging.getLogger("unmask.web")


class InferencePool:
    """Runs inference in threads and bounds the number of pictures that wait.

    Attributes:
        detector: the detector that all threads share.
        threads: number of pictures processed at the same time.
        waiting: number of pictures accepted and not finished.
    """

    def __init__(self, detector: Detector, threads: int, capacity: int, timeout: float) -> None:
        self.detector = detector
        self.threads = threads
        self.waiting = 0
        self._capacity = capacity
        self._timeout = timeout
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="inference")

    @property
    def full(self) -> bool:
        """Whether the next picture would be rejected."""
        return self.waiting >= self._capacity

    def ensure_capacity(self) -> None:
        """Reject a request before its body is read.

        Raises:
            Busy: the queue is full.
        """
        if self.full:
            raise Busy(f"{self.waiting} pictures are waiting; try again in a few seconds")

    async def predict(self, data: bytes, name: str, options: PredictOptions) -> Verdict:
        """Return the verdict on one picture.

        Raises:
            Busy, InferenceTimeout: see `run`.
            UnmaskError: the picture cannot be judged.
        """
        work = partial(
            self.detector.predict,
            data,
            name=name,
            whole_picture=options.whole_picture,
            stability=options.stability,
        )
        return await self.run(work)

    async def run(self, work: Callable[[], Result], token: CancellationToken | None = None) -> Result:
        """Run `work` in the pool.

        Args:
            work: the function to run.
            token: cancelled when the caller stops waiting. Each check of the token restarts the timeout.

        Raises:
            Busy: the queue is full.
            InferenceTimeout: `work` was not finished in time.
            UnmaskError: raised by `work`; any other exception is logged and becomes one.
        """
        self.ensure_capacity()
        self.waiting += 1
        loop = asyncio.get_running_loop()
        future = self._pool.submit(_convert_errors, work)
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._finished))
        token, seen, result = token or CancellationToken(), -1, asyncio.wrap_future(future)
        try:
            while token.checks > seen:
                seen = token.checks
                done, _ = await asyncio.wait({result}, timeout=self._timeout)
                if done:
                    return result.result()
            raise InferenceTimeout(f"not judged within {self._timeout:g} seconds")
        finally:
            token.cancel()
            result.cancel()

    def _finished(self) -> None:
        """Count a picture out once its thread is free; a cancelled request alone does not free the thread."""
        self.waiting -= 1

    def close(self) -> None:
        """Finish the running work, drop the waiting work, and stop the threads."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _convert_errors(work: Callable[[], Result]) -> Result:
    try:
        return work()
    except UnmaskError:
        raise
    except Exception as error:
        log.exception("inference failed")
        raise UnmaskError("an unexpected error; the server's log has the details") from error
