"""The import graph of the package: every import goes to a lower layer, and there is no cycle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import unmask
from tests.architecture.layers import LAYERS, PAGE, with_paragraph

ROOT = Path(unmask.__file__).parent

ONLY_IN: dict[str, frozenset[str]] = {
    "torch": frozenset({"training"}),
    "onnxruntime": frozenset({"runtime"}),
    "openvino": frozenset({"runtime"}),
    "fastapi": frozenset({"web"}),
    "sqlalchemy": frozenset({"web"}),
    "mcp": frozenset({"mcp_server"}),
    "mlflow": frozenset({"mlflow_tracking"}),
    "ray": frozenset({"cluster"}),
}
"""A library, and the only packages that may import it."""


def name_of(path: Path) -> str:
    parts = ["unmask", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, Path]:
    return {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}


def for_type_checkers(tree: ast.AST) -> set[ast.AST]:
    """All nodes under `if TYPE_CHECKING:`, which never run."""
    guarded: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for child in node.body:
                guarded.update(ast.walk(child))
    return guarded


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, at the top or inside functions; imports for type checkers do not count."""
    tree = ast.parse(path.read_text("utf-8"))
    guarded = for_type_checkers(tree)
    for node in ast.walk(tree):
        if node in guarded:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            assert node.module is not None
            for alias in node.names:
                deeper = f"{node.module}.{alias.name}"
                yield deeper if deeper in modules() else node.module


@cache
def arrows() -> frozenset[tuple[str, str]]:
    """(importer, imported) for all modules of the package."""
    return frozenset(
        (importer, imported)
        for importer, path in modules().items()
        for imported in imports(path)
        if imported in modules() and imported != importer
    )


def member(module: str) -> str:
    """The module or package directly below `unmask` that a module belongs to; "unmask" for the package itself."""
    return [*module.split("."), "unmask"][1]


def layer(name: str) -> int:
    """Number of the layer; the package itself, which loads public names of all layers on first use, is above all."""
    return -1 if name == "unmask" else next(index for index, layer in enumerate(LAYERS) if name in layer)


def test_every_module_and_package_has_one_layer() -> None:
    named = sorted(name for layer in LAYERS for name in layer)
    assert named == sorted({member(module) for module in modules()} - {"unmask"})


def test_imports_go_to_lower_layers() -> None:
    breaches = [
        f"{importer} → {imported}"
        for importer, imported in sorted(arrows())
        if member(importer) != member(imported) and layer(member(importer)) >= layer(member(imported))
    ]
    assert breaches == []


def test_there_is_no_cycle() -> None:
    graph: dict[str, set[str]] = {module: set() for module in modules()}
    for importer, imported in arrows():
        if not (importer + ".").startswith(imported + ".") and not (imported + ".").startswith(importer + "."):
            graph[importer].add(imported)
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_heavy_libraries_stay_in_their_packages() -> None:
    breaches = [
        f"{module} imports {imported}"
        for module, path in modules().items()
        for imported in imports(path)
        if member(module) not in ONLY_IN.get(imported.split(".")[0], {member(module)})
    ]
    assert breaches == []


def test_contributing_has_the_current_layers() -> None:
    page = PAGE.read_text("utf-8")
    assert page == with_paragraph(page), "run: python -m tests.architecture.layers --write"
