"""The dependencies of the package: five without extras, and one extra with all parts that can be installed together."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
EXCLUSIVE = {"directml", "gpu"}
"""Extras with another build of ONNX Runtime, which replaces `onnxruntime`."""


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^\w.-]", requirement)[0] for requirement in requirements}


def test_the_core_has_five_dependencies() -> None:
    assert names(PROJECT["dependencies"]) == {"numpy", "onnxruntime", "pillow", "rich", "typer"}


def test_all_has_every_extra_but_other_builds_of_onnx_runtime() -> None:
    extras = PROJECT["optional-dependencies"]
    (requirement,) = extras["all"]
    included = set(requirement.removeprefix("unmask[").removesuffix("]").split(","))
    assert included == set(extras) - EXCLUSIVE - {"all", "dev"}
