"""Loads a promoted model into the running server, between two pictures."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import suppress
from importlib.resources import files
from typing import TYPE_CHECKING

from unmask.errors import UnmaskError
from unmask.model_registry import ModelRegistry

if TYPE_CHECKING:
    from unmask.web.services import Services

POLL_SECONDS = 2.0
"""Seconds between two looks at the registry and at the file that asks all processes to reload."""
log = logging.getLogger("unmask.web")


async def reload_model(services: Services) -> bool:
    """Load the model of the settings again; returns whether it differs from the one before.

    Requests that are in progress finish with the old model. If the new model cannot judge a bundled picture of a face,
    the old one stays.

    Raises:
        UnmaskError: the model cannot be loaded or used.
    """
    detector = await asyncio.to_thread(services.load_detector)
    sample = files("unmask").joinpath("samples", "astronaut.jpg").read_bytes()
    await asyncio.to_thread(detector.predict, sample, stability=False)
    changed = detector.model.sha256 != services.pool.detector.model.sha256
    if changed:
        services.pool.detector = detector
        log.info("model reloaded", extra={"model": detector.model.sha256})
    return changed


def ask_all_processes(services: Services) -> None:
    """Let every server process that shares the data folder reload its model."""
    services.settings.folder.mkdir(parents=True, exist_ok=True)
    (services.settings.folder / "reload").touch()


async def watch_models(services: Services) -> None:
    """Reload the model when the registry changes, when another process asks for it, and on SIGHUP."""
    wanted = asyncio.Event()
    with suppress(ValueError, AttributeError, NotImplementedError, RuntimeError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, wanted.set)
    seen = _stamp(services)
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(wanted.wait(), POLL_SECONDS)
        now = _stamp(services)
        if now == seen and not wanted.is_set():
            continue
        wanted.clear()
        seen = now
        try:
            await reload_model(services)
        except UnmaskError as error:
            log.error("the model was not reloaded: %s", error.message)


def _stamp(services: Services) -> tuple[int, int]:
    """Numbers that change when the registry changes and when a process asks all others to reload."""
    try:
        asked = (services.settings.folder / "reload").stat().st_mtime_ns
    except OSError:
        asked = 0
    return ModelRegistry().stamp(), asked
