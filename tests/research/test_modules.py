"""Every module outside the wheel can be imported from the checkout."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for folder in ("benchmarks", "research", "tools")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_a_docstring_and_can_be_imported(name: str) -> None:
    assert import_module(name).__doc__
