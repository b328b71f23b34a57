"""The import graph of the package: every arrow runs the way the house was drawn, and there is no cycle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import unmask

ROOT = Path(unmask.__file__).parent

LAYERS: tuple[frozenset[str], ...] = tuple(
    frozenset(layer.split())
    for layer in (
        "__main__",
        "cli",
        "doctor",
        "web cluster",
        "training",
        "reporting scanning explaining signals record",
        "video",
        "evaluation",
        "datasets",
        "detector",
        "faces",
        "runtime hub",
        "zoo",
        "card",
        "stability preparing",
        "html",
        "images",
        "verdict",
        "errors card_metrics predict_options",
    )
)
"""A room may use those further down. Rooms of one layer do not use each other, but for `NEIGHBOURS`."""

NEIGHBOURS = frozenset({("reporting", "explaining"), ("reporting", "signals")})

ONLY_IN: dict[str, frozenset[str]] = {
    "torch": frozenset({"training"}),
    "onnxruntime": frozenset({"runtime"}),
    "openvino": frozenset({"runtime"}),
    "fastapi": frozenset({"web"}),
    "sqlalchemy": frozenset({"web"}),
    "ray": frozenset({"cluster"}),
}
"""A library to the only rooms that may import it."""


def name_of(path: Path) -> str:
    parts = ["unmask", *path.relative_to(ROOT).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, Path]:
    return {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}


def for_type_checkers(tree: ast.AST) -> set[ast.AST]:
    """Everything under `if TYPE_CHECKING:`, which never runs."""
    guarded: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for child in node.body:
                guarded.update(ast.walk(child))
    return guarded


def imports(path: Path) -> Iterator[str]:
    """Every module a file imports at any depth, lazy imports counted, those for type checkers alone not."""
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


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "unmask"


def layer(name: str) -> int:
    return next(index for index, rooms in enumerate(LAYERS) if name in rooms)


def test_every_room_has_its_place() -> None:
    rooms = {room(module) for module in modules()} - {"unmask", "samples"}
    assert rooms - {name for rooms in LAYERS for name in rooms} == set()


def test_arrows_run_one_way() -> None:
    breaches = []
    for importer, imported in sorted(arrows()):
        source, target = room(importer), room(imported)
        if "unmask" in (source, target) or source == target or (source, target) in NEIGHBOURS:
            continue
        if layer(source) >= layer(target):
            breaches.append(f"{importer} → {imported}")
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


def test_heavy_libraries_stay_in_their_rooms() -> None:
    breaches = [
        f"{module} imports {imported}"
        for module, path in modules().items()
        for imported in imports(path)
        if room(module) not in ONLY_IN.get(imported.split(".")[0], {room(module)})
    ]
    assert breaches == []
