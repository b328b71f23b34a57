"""From a source of pictures to findings: listed, judged by worker processes, kept in a file that survives a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unmask.scanning.sources import list_pictures, pictures

if TYPE_CHECKING:
    from unmask.scanning.running import scan as scan

__all__ = ["list_pictures", "pictures", "scan"]


def __getattr__(name: str) -> Any:
    if name != "scan":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from unmask.scanning.running import scan

    return scan
