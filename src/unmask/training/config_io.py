"""Frozen dataclasses from and to TOML and plain mappings, with errors that name the key."""

from __future__ import annotations

import codecs
import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from importlib.resources import files
from pathlib import Path
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from unmask.errors import RecipeError

T = TypeVar("T")
SUFFIX = ".toml"
UTF16 = codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE
"""Byte-order marks of the files that PowerShell 5 writes for `>`."""


def require(condition: bool, message: str) -> None:
    """Raise ValueError with `message` unless `condition` holds."""
    if not condition:
        raise ValueError(message)


def from_mapping(cls: type[T], data: Mapping[str, Any], where: str = "") -> T:
    """Build a dataclass from a mapping, and nested dataclasses from nested mappings.

    Args:
        cls: a dataclass whose fields are annotated with plain types, literals, tuples or other dataclasses.
        data: values by field name; missing ones keep their defaults.
        where: dotted name of this mapping, for error messages.

    Raises:
        RecipeError: an unknown key, a value of the wrong type, or a value that the dataclass rejects.
    """
    hints = get_type_hints(cls)
    known = [entry.name for entry in fields(cls)]  # type: ignore[arg-type]
    for key in data:
        if key not in known:
            raise RecipeError(f"{_join(where, key)}: no such key{_suggestion(key, known)}")
    values = {key: convert(hints[key], value, _join(where, key)) for key, value in data.items()}
    try:
        return cls(**values)
    except ValueError as error:
        raise RecipeError(f"{where or 'recipe'}: {str(error).removeprefix(f'{where}: ')}") from error


def convert(kind: Any, value: Any, where: str) -> Any:
    """Convert a plain value to the annotated type `kind`.

    Raises:
        RecipeError: it has another type; the message names the key and the expected type.
    """
    origin, options = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return from_mapping(kind, _expect(value, Mapping, "a table", where), where)  # type: ignore[arg-type]
    if origin is Literal:
        if value not in options:
            raise RecipeError(f"{where}: {value!r} is none of {', '.join(repr(option) for option in options)}")
        return value
    if origin in (Union, UnionType):
        wanted = next(option for option in options if option is not type(None))
        return None if value is None else convert(wanted, value, where)
    if origin is tuple:
        return _tuple(options, value, where)
    if origin is dict:
        table = _expect(value, Mapping, "a table", where)
        return {str(key): convert(options[1], entry, _join(where, key)) for key, entry in table.items()}
    return _scalar(kind, value, where)


def _tuple(options: tuple[Any, ...], value: Any, where: str) -> tuple[Any, ...]:
    entries = _expect(value, list | tuple, "a list", where)
    if options[-1] is Ellipsis:
        return tuple(convert(options[0], entry, where) for entry in entries)
    if len(entries) != len(options):
        raise RecipeError(f"{where}: needs {len(options)} values, not {len(entries)}")
    return tuple(convert(kind, entry, where) for kind, entry in zip(options, entries, strict=True))


def _scalar(kind: type, value: Any, where: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    name = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}[kind]
    raise RecipeError(f"{where}: {value!r} is not {name}")


def _expect(value: Any, kind: Any, name: str, where: str) -> Any:
    if not isinstance(value, kind):
        raise RecipeError(f"{where}: {value!r} is not {name}")
    return value


def _join(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)


def _suggestion(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, 1)
    return f"; did you mean {close[0]}?" if close else f"; one of {', '.join(known)}"


def set_dotted(data: dict[str, Any], key: str, value: Any) -> None:
    """Set a dotted key of nested dictionaries; a mapping is merged, any other value replaces.

    Raises:
        RecipeError: a part of the key before the last is not a table.
    """
    *path, last = key.split(".")
    for name in path:
        data = data.setdefault(name, {})
        if not isinstance(data, dict):
            raise RecipeError(f"{key}: {name} is not a table")
    if isinstance(value, Mapping) and isinstance(data.get(last), dict):
        data[last] = {**data[last], **value}
    else:
        data[last] = value


def parse_setting(pair: str) -> tuple[str, Any]:
    """Parse `key=value` of a command line; the value is read as TOML, or as text if it is not TOML.

    Raises:
        RecipeError: there is no `=`.
    """
    key, equals, value = pair.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"{pair!r}: expected key=value, such as fit.epochs=3")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def parse_settings(pairs: list[str]) -> Mapping[str, Any]:
    """Parse `key=value` strings of a command line into overrides for `Recipe.load`.

    Raises:
        RecipeError: a string without `=`.
    """
    return dict(parse_setting(pair) for pair in pairs)


def rename_keys(data: Mapping[str, Any], renamed: Mapping[str, str], where: str = "") -> dict[str, Any]:
    """Nested values with old keys replaced by the current ones.

    Args:
        data: nested values.
        renamed: old keys, dotted after the current names of their tables, to current keys.
        where: dotted current name of `data`.

    Raises:
        RecipeError: a key is given under both names.
    """
    result: dict[str, Any] = {}
    for key, value in data.items():
        name = renamed.get(_join(where, key), key)
        if name in result or (name != key and name in data):
            raise RecipeError(f"{_join(where, name)} is given twice: {key} is its old name; remove one of them")
        result[name] = rename_keys(value, renamed, _join(where, name)) if isinstance(value, Mapping) else value
    return result


def rename_overrides(overrides: Mapping[str, Any], renamed: Mapping[str, str]) -> dict[str, Any]:
    """Values by dotted key, with old keys replaced by the current ones, in the keys and in tables of values.

    Raises:
        RecipeError: a key is given under both names.
    """
    result: dict[str, Any] = {}
    for key, value in overrides.items():
        name = rename_key(key, renamed)
        if name in result:
            raise RecipeError(f"{name} is given twice, once under its old name; remove one of them")
        result[name] = rename_keys(value, renamed, name) if isinstance(value, Mapping) else value
    return result


def rename_key(dotted: str, renamed: Mapping[str, str]) -> str:
    """A dotted key with each old part replaced by the current one."""
    where = ""
    for part in dotted.split("."):
        where = _join(where, renamed.get(_join(where, part), part))
    return where


def recipe_names() -> list[str]:
    """Names of the shipped recipes, sorted."""
    folder = files("unmask").joinpath("recipes")
    return sorted(entry.name.removesuffix(SUFFIX) for entry in folder.iterdir() if entry.name.endswith(SUFFIX))


def read_recipe(recipe: str | os.PathLike[str]) -> dict[str, Any]:
    """The values of a shipped recipe by name, or of a TOML file by path.

    Raises:
        RecipeError: no such recipe, or the file is not TOML.
    """
    path = Path(recipe)
    if path.suffix == SUFFIX:
        if not path.is_file():
            raise RecipeError(f"{path}: no such recipe file")
        data = path.read_bytes()
    else:
        names = recipe_names()
        if str(recipe) not in names:
            known = ", ".join(names)
            raise RecipeError(f"no recipe named {os.fspath(recipe)!r}; one of {known}, or a path ending in .toml")
        data = files("unmask").joinpath("recipes", f"{recipe}{SUFFIX}").read_bytes()
    try:
        return tomllib.loads(data.decode("utf-16" if data[:2] in UTF16 else "utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{os.fspath(recipe)}: not TOML ({error})") from error


def to_plain(value: Any) -> Any:
    """Dataclasses, tuples and dictionaries as plain JSON values; fields that are None are left out."""
    if is_dataclass(value):
        pairs = ((entry.name, getattr(value, entry.name)) for entry in fields(value))
        return {name: to_plain(entry) for name, entry in pairs if entry is not None}
    if isinstance(value, Mapping):
        return {str(key): to_plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(entry) for entry in value]
    return value


def to_toml(data: Mapping[str, Any], table: str = "") -> str:
    """Plain nested values as TOML text that `tomllib` reads back unchanged."""
    scalars = {key: value for key, value in data.items() if not isinstance(value, Mapping)}
    lines = [f"[{table}]"] if table and (scalars or not data) else []
    lines += [f"{_key(key)} = {literal(value)}" for key, value in scalars.items()]
    tables = [to_toml(value, _join(table, _key(key))) for key, value in data.items() if isinstance(value, Mapping)]
    return "\n".join(["\n".join(lines) + "\n" if lines else "", *tables]).lstrip("\n")


def _key(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else literal(key)


def literal(value: Any) -> str:
    """A plain value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(literal(entry) for entry in value) + "]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'
    return repr(value)
