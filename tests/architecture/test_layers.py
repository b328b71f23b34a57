"""The import graph of the package: every arrow runs the way the house was drawn, and there is no cycle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import unmask

ROOT = Path(unmask.__file__).parent

LAYERS: tuple[tuple[str, ...], ...] = (
    ("cli", "__main__"),
    ("doctor",),
    ("detector",),
    ("faces",),
    ("runtime", "zoo"),
    ("card",),
    ("stability", "preparing"),
    ("images",),
    ("verdict",),
    ("errors",),
)
