"""Limits on the size of files and functions, repeated code, and class names that are defined twice."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_FILE, MAX_FUNCTION, MAX_REPEATED = 350, 60, 11
"""Lines of a file, lines of a function's body without its docstring, lines that may occur twice."""
SOURCES = sorted((ROOT / "src").rglob("*.py"))
PRODUCT = ("src", "research", "benchmarks", "tools", "examples")
FOLDERS = (*PRODUCT, "tests")


def test_files_are_short() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > MAX_FILE} == {}


def body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without the docstring."""
    statements = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (statements[-1].end_lineno or 0) - statements[0].lineno + 1 if statements else 0


def test_functions_are_short() -> None:
    lengths = {
        f"{path.relative_to(ROOT)}: {node.name}": body_length(node)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > MAX_FUNCTION} == {}


def test_no_run_of_lines_is_repeated() -> None:
    places: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for path in (path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))):
        numbered = [(number, line.strip()) for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)]
        lines = [(number, line) for number, line in numbered if line]
        for start in range(len(lines) - MAX_REPEATED):
            window = lines[start : start + MAX_REPEATED + 1]
            if not all(line.startswith(("from ", "import ")) for _, line in window):
                places[tuple(line for _, line in window)].append(f"{path.relative_to(ROOT)}:{window[0][0]}")
    assert [found for found in places.values() if len(found) > 1] == []


def test_no_class_name_has_two_meanings() -> None:
    defined: dict[str, list[str]] = defaultdict(list)
    for path in (path for folder in PRODUCT for path in sorted((ROOT / folder).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                defined[node.name].append(str(path.relative_to(ROOT)))
    assert {name: files for name, files in defined.items() if len(files) > 1} == {}


@pytest.mark.parametrize(
    "source", ["def f():\n    '''Doc.'''\n    a = 1\n    return a\n", "def f():\n    a = 1\n    return a\n"]
)
def test_the_docstring_does_not_count(source: str) -> None:
    (function,) = ast.parse(source).body
    assert isinstance(function, ast.FunctionDef)
    assert body_length(function) == 2
