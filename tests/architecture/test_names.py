"""Public names: all exist and are documented, and importing the package loads no heavy library."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import unmask
from unmask import errors

ROOT = Path(__file__).parents[2]
ERRORS = [
    name for name, value in vars(errors).items() if inspect.isclass(value) and value.__module__ == errors.__name__
]


@pytest.mark.parametrize("name", unmask.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert getattr(unmask, name) is not None


def test_no_public_name_is_the_name_of_a_submodule() -> None:
    for name in unmask._MODULES:
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(f"unmask.{name}")


def test_names_loaded_on_first_use_and_those_for_type_checkers_agree() -> None:
    source = inspect.getsource(unmask)
    declared = {line.rsplit(" as ", 1)[1] for line in source.splitlines() if line.startswith("    from unmask.")}
    assert declared == set(unmask._MODULES)


def test_every_public_name_comes_from_the_listed_module() -> None:
    for name, module in unmask._MODULES.items():
        assert getattr(unmask, name) is getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_drawn_in_the_tree(name: str) -> None:
    assert errors.__doc__ is not None
    assert f" {name} " in errors.__doc__.replace("\n", " ")


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_is_still_found_at_the_top_level(name: str) -> None:
    assert getattr(unmask, name) is getattr(errors, name)


@pytest.mark.parametrize("name", ["nonsense", "ClassVar", "annotations"])
def test_unknown_names_are_attribute_errors(name: str) -> None:
    with pytest.raises(AttributeError, match=f"module 'unmask' has no attribute '{name}'"):
        unmask.__getattr__(name)


HEAVY = ["onnxruntime", "torch", "fastapi", "sqlalchemy", "ray", "numpy", "PIL", "typer", "rich"]


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import sys, unmask; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_the_command_line_loads_no_engine_before_it_is_needed() -> None:
    heavy = ["onnxruntime", "torch", "fastapi", "sqlalchemy", "ray"]
    code = f"import sys, unmask.cli as c; c.build(); print([m for m in {heavy!r} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_every_public_function_and_class_is_documented() -> None:
    for name in unmask.__all__:
        value = getattr(unmask, name)
        if callable(value):
            assert inspect.getdoc(value), name


def test_every_public_name_is_in_the_documentation_of_the_api() -> None:
    page = (ROOT / "docs" / "python-api.md").read_text("utf-8")
    words = set(re.findall(r"\w+", page))
    assert [name for name in unmask.__all__ if name != "__version__" and name not in words] == []


def test_documentation_and_examples_import_from_public_modules_only() -> None:
    breaches = []
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.py"), *ROOT.glob("examples/*.ipynb")]
    for page in pages:
        for module, names in re.findall(r"from (unmask[\w.]*) import ([\w, ]+)", page.read_text("utf-8")):
            public = {*importlib.import_module(module).__all__} if module != "unmask.errors" else {*ERRORS}
            breaches += [
                f"{page.name}: {module}.{name}" for name in re.split(r",\s*", names.strip()) if name not in public
            ]
            breaches += [f"{page.name}: {module}"] if module.count(".") > 1 else []
    assert breaches == []
