"""Imports PyAV on first use."""

from __future__ import annotations

from typing import Any

from unmask.errors import MissingExtra


def import_pyav(purpose: str) -> Any:
    """The module `av`, with its log output turned off.

    Args:
        purpose: what needs it, for the error message.

    Raises:
        MissingExtra: PyAV is not installed.
    """
    try:
        import av
        import av.error
        import av.logging
    except ImportError:
        raise MissingExtra(purpose, "video") from None
    av.logging.set_level(av.logging.PANIC)
    return av
