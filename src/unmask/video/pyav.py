"""PyAV, when something needs it."""

from __future__ import annotations

from typing import Any

from unmask.errors import MissingExtra


def import_pyav(purpose: str) -> Any:
    """The module `av`, which says nothing of its own accord.

    Raises:
        MissingExtra: it is not installed; `purpose` says what needs it.
    """
    try:
        import av
        import av.error
        import av.logging
    except ImportError:
        raise MissingExtra(purpose, "video") from None
    av.logging.set_level(av.logging.PANIC)
    return av
