"""Reads manifests: CSV, TSV, JSON Lines or Parquet tables with one row per labeled image.

Required columns: `file_name` and `label`. Optional columns: `split`, `source`, `generator`, `group`, `weight`, and
`known_as`, the name used in reports and digests instead of `file_name`. Other columns are ignored. Names of columns may
be in upper case. Paths are relative to the manifest's folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from unmask._listed_paths import find_listed, missing_reason, unquoted
from unmask._text_tables import OTHER_PATH_COLUMNS, PATH_COLUMNS, csv_rows, json_rows, rename_columns
from unmask.datasets.label_parsing import class_of, split_of
from unmask.datasets.labeled_image import ClassName, LabeledImage
from unmask.errors import AmbiguousNames, BadManifest, DatasetError, MissingExtra
from unmask.images import SUFFIXES as PICTURE_SUFFIXES

Row = Mapping[str, Any]

NumberedRows = Iterable[tuple[int, Row]]

_PATH_COLUMNS = (*PATH_COLUMNS, *OTHER_PATH_COLUMNS)
_LABEL_COLUMNS = ("label", "class", "label_str")
_COLUMNS = (*_PATH_COLUMNS, *_LABEL_COLUMNS, "split", "source", "generator", "group", "weight", "known_as")


def read_manifest(path: Path) -> list[LabeledImage]:
    """Reads a manifest.

    Args:
        path: a `.csv`, `.tsv`, `.jsonl` or `.parquet` file.

    Returns:
        The images in the table's order. Listed files that do not exist are kept, so that the audit reports them.

    Raises:
        DatasetError: the table does not exist, or none of its images exists.
        BadManifest: a suffix, column, split, weight or row cannot be read.
        AmbiguousNames: labels such as 0 and 1 do not state which class is fake.
        MissingExtra: the table is Parquet and pyarrow is not installed.
    """
    items = [_item(row, path, number) for number, row in manifest_rows(path)]
    if not items:
        raise BadManifest(f"{path} lists no pictures")
    if not any(item.path.exists() for item in items):
        first = str(items[0].path).removeprefix(f"{path.parent}{os.sep}")
        reason = missing_reason(first) or f"paths are relative to {path.parent}"
        raise DatasetError(f"none of the {len(items)} pictures in {path} exists; {reason}")
    return items


def manifest_rows(path: Path) -> list[tuple[int, Row]]:
    """The number and the values of each row of a manifest, with columns that `read_manifest` ignores.

    Raises:
        DatasetError, BadManifest, MissingExtra: as `read_manifest`.
    """
    if not path.is_file():
        raise DatasetError(f"the manifest {path} does not exist")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise BadManifest(f"{path.name} is not a manifest: the suffix must be one of {', '.join(SUFFIXES)}")
    try:
        return list(reader(path, _COLUMNS))
    except ValueError as error:
        raise BadManifest(f"{path} cannot be read as {path.suffix[1:]}: {error}") from error


def _parquet_rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, Row]]:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError as error:
        raise MissingExtra("reading a Parquet manifest", "parquet") from error
    try:
        rows = parquet.read_table(path).to_pylist()
    except arrow.ArrowException as error:
        raise BadManifest(f"{path} cannot be read as parquet: {error}") from error
    for number, row in enumerate(rows, start=1):
        yield number, rename_columns(row, columns)


_READERS: dict[str, Callable[[Path, Sequence[str]], NumberedRows]] = {
    ".csv": csv_rows,
    ".jsonl": json_rows,
    ".parquet": _parquet_rows,
    ".tsv": csv_rows,
    ".tab": csv_rows,
    ".ndjson": json_rows,
}
SUFFIXES = tuple(_READERS)
"""Suffixes of readable manifests, in search order."""


def _item(row: Row, manifest: Path, number: int) -> LabeledImage:
    """Converts one row."""
    where = f"{manifest}, row {number}"
    name = _picture_name(manifest.parent, _required(row, _PATH_COLUMNS, where), where)
    return LabeledImage(
        path=manifest.parent / name,
        label=_label(row, where),
        split=_split(_text(row, "split"), where),
        source=_text(row, "source") or manifest.resolve().parent.name,
        generator=_text(row, "generator"),
        group=_text(row, "group"),
        weight=_weight(_text(row, "weight"), where),
        name=(_text(row, "known_as") or name).replace("\\", "/"),
    )


def _picture_name(folder: Path, written: str, where: str) -> str:
    """The path of a row's image relative to the manifest, without quotes; that of a missing file as it is written."""
    try:
        found = find_listed(written, folder)
    except (OSError, ValueError) as error:
        raise BadManifest(
            f"{where}: {written[:80]!r} is not the path of a picture; correct or remove the row"
        ) from error
    name = found or unquoted(written)
    if found is None and Path(name).suffix.lower() not in PICTURE_SUFFIXES:
        raise BadManifest(f"{where}: {written[:80]!r} is not the path of a picture; correct or remove the row")
    return name


def _label(row: Row, where: str) -> ClassName:
    """The class of a row; a column with numbers is ignored if another one names the class."""
    _required(row, _LABEL_COLUMNS, where)
    written = [text for column in _LABEL_COLUMNS if (text := _text(row, column))]
    labels = {label for text in written if (label := class_of(text))}
    if len(labels) != 1:
        shown = ", ".join(map(repr, written))
        raise AmbiguousNames(f"{where}: label {shown} is neither real nor fake; write one of these words")
    return labels.pop()


def _text(row: Row, column: str) -> str | None:
    """A value as text; None if it is missing, NaN, or a container."""
    value = row.get(column)
    if isinstance(value, dict | list | bytes) or value is None or value != value:
        return None
    return str(value).strip() or None


def _required(row: Row, columns: tuple[str, ...], where: str) -> str:
    """The first value found in the given columns."""
    for column in columns:
        if value := _text(row, column):
            return value
    seen = ", ".join(str(column) for column in row if column) or "none"
    raise BadManifest(f"{where}: no value for {columns[0]}; fill it in, or rename a column (columns found: {seen})")


def _split(written: str | None, where: str) -> str | None:
    if written is None:
        return None
    split = split_of(written)
    if split is None:
        raise BadManifest(f"{where}: split {written!r} is not one of train, valid, test")
    return split


def _weight(written: str | None, where: str) -> float:
    try:
        weight = float(written or 1.0)
    except ValueError:
        weight = -1.0
    if not 0.0 <= weight < float("inf"):
        raise BadManifest(f"{where}: weight {written!r} is not a number of 0 or more")
    return weight
