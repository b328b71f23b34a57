"""The public names are what they say, and importing the package costs next to nothing."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys

import pytest

import unmask
from unmask import errors


@pytest.mark.parametrize("name", unmask.__all__)
def test_every_public_name_exists(name: str) -> None:
    assert getattr(unmask, name) is not None


def test_no_lazy_name_hides_a_submodule() -> None:
    for name in unmask._HOMES:
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(f"unmask.{name}")


def test_lazy_names_and_those_for_type_checkers_agree() -> None:
    source = inspect.getsource(unmask)
    declared = {line.rsplit(" as ", 1)[1] for line in source.splitlines() if line.startswith("    from unmask.")}
    assert declared == set(unmask._HOMES)


def test_every_error_is_public_and_drawn_in_the_tree() -> None:
    leaves = {
        name for name, value in vars(errors).items() if inspect.isclass(value) and value.__module__ == errors.__name__
    }
    assert errors.__doc__ is not None
    for name in leaves:
        assert name in errors.__doc__
        assert name in unmask.__all__


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        _ = unmask.nonsense


HEAVY = ["onnxruntime", "torch", "fastapi", "sqlalchemy", "ray", "numpy", "PIL", "typer", "rich"]


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import sys, unmask; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_the_command_line_loads_no_engine_until_it_judges() -> None:
    heavy = ["onnxruntime", "torch", "fastapi", "sqlalchemy", "ray"]
    code = f"import sys, unmask.cli as c; c.build(); print([m for m in {heavy!r} if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_every_public_function_and_class_is_documented() -> None:
    for name in unmask.__all__:
        value = getattr(unmask, name)
        if callable(value):
            assert inspect.getdoc(value), name
