"""`unmask data`: versioned collections of labeled pictures."""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unmask.cli import console
from unmask.errors import UsageError
from unmask.images import SUFFIXES as PICTURE_SUFFIXES
from unmask.progress import progress_bar

if TYPE_CHECKING:
    from unmask.collections import Addition, DataFolder, NewImage


class DataAction(StrEnum):
    """What `unmask data` does."""

    ADD = "add"
    LIST = "list"
    DIFF = "diff"


class PictureClass(StrEnum):
    """The label of single pictures."""

    REAL = "real"
    FAKE = "fake"


def run(
    action: Annotated[DataAction, typer.Argument(metavar="ACTION", help="add, list or diff.")],
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ITEM]...", help="add: a manifest, a folder, or pictures; diff: two versions."),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--to", "--in", metavar="DIR", help="The folder of the collection.")
    ] = None,
    label: Annotated[
        PictureClass | None, typer.Option(metavar="real|fake", help="Label of the pictures that are named.")
    ] = None,
    source: Annotated[str | None, typer.Option(metavar="NAME", help="Source of pictures without one.")] = None,
    license: Annotated[  # noqa: A002
        str | None, typer.Option("--license", metavar="TEXT", help="License of pictures without one.")
    ] = None,
    generator: Annotated[
        str | None, typer.Option(metavar="NAME", help="How the pictures that are named were made.")
    ] = None,
    regression: Annotated[
        Path | None, typer.Option(metavar="DATA", help="Leave out near duplicates of these pictures.")
    ] = None,
    note: Annotated[str, typer.Option(metavar="TEXT", help="Why this version is made.")] = "",
    near_duplicates: Annotated[
        bool, typer.Option("--near-duplicates", help="Also add near duplicates with the same label.")
    ] = False,
    relabel: Annotated[bool, typer.Option("--relabel", help="Change the label of pictures that are there.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Add even if the audit finds wrong labels or leaks.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Keep labeled pictures in a versioned folder: add to it, list its versions, compare two of them.

    Examples:

      unmask data add reviewed.csv --to collection/ --license "with consent"
      unmask data add missed.jpg --label fake --source user-reports --license internal --to regression/
      unmask data list --in collection/
      unmask data diff 1 latest --in collection/
    """
    from unmask.collections import DataFolder

    if folder is None:
        raise UsageError(f"name the folder of the collection: unmask data {action} … --to DIR")
    given = names or []
    if action is DataAction.ADD:
        images = _images(given, label, source, license, generator)
        _add(DataFolder(folder), images, regression, note, near_duplicates, relabel, force, as_json)
    elif action is DataAction.LIST:
        _list(DataFolder.existing(folder), as_json)
    else:
        _diff(DataFolder.existing(folder), given, as_json)


def _images(
    names: list[str], label: PictureClass | None, source: str | None, terms: str | None, generator: str | None
) -> list[NewImage]:
    from unmask.collections import images_in, label_images

    if not names:
        raise UsageError("name a manifest, a folder of labeled pictures, or pictures with --label")
    paths = [Path(name) for name in names]
    if all(path.suffix.lower() in PICTURE_SUFFIXES for path in paths):
        if label is None:
            raise UsageError("name the label of the pictures: --label real or --label fake")
        return label_images(paths, label.value, source=source, license=terms, generator=generator)
    if label or generator:
        raise UsageError("--label and --generator are for single pictures; a manifest has columns for them")
    images = [image for path in paths for image in images_in(path, source=source, license=terms)]
    found = sorted({image.item.source for image in images})
    if source and source not in found:
        names_found = console.printable(", ".join(found[:5]))
        console.stderr().print(
            f"--source {console.printable(source)} is not used: each row names a source ({names_found})"
        )
    return images


def _add(
    folder: DataFolder,
    images: list[NewImage],
    regression: Path | None,
    note: str,
    near_duplicates: bool,
    relabel: bool,
    force: bool,
    as_json: bool,
) -> None:
    from unmask.collections import add_images
    from unmask.datasets import Dataset

    with progress_bar() as progress:
        found = add_images(
            folder,
            images,
            regression=Dataset.load(regression) if regression else None,
            near_duplicates=near_duplicates,
            relabel=relabel,
            force=force,
            note=note,
            progress=progress,
        )
    if as_json:
        sys.stdout.write(json.dumps(found.to_dict(), ensure_ascii=False) + "\n")
    else:
        _show_addition(folder, found)


def _show_addition(folder: DataFolder, found: Addition) -> None:
    out = console.stdout()
    for name, reason in found.skipped:
        out.print(f"left out {console.printable(name)}: {console.printable(reason)}")
    for fault in found.audit.faults if found.audit else ():
        out.print(f"audit: {fault.name}: {console.printable(fault.message)}")
    if found.version is None:
        out.print(f"nothing to add; {folder.root} is unchanged")
        return
    changed = f", {found.relabeled:,} relabeled" if found.relabeled else ""
    out.print(
        f"{folder.root}: version {found.version.number} has {len(found.version.rows):,} pictures, "
        f"{found.added:,} of them new{changed}; {len(found.skipped):,} left out"
    )


def _list(folder: DataFolder, as_json: bool) -> None:
    from rich.table import Table

    versions = folder.versions()
    if as_json:
        for version in versions:
            sys.stdout.write(json.dumps({**version.details, "intact": version.intact}, ensure_ascii=False) + "\n")
        return
    table = Table("version", "created", "pictures", "new", "sources (real + fake)", "note")
    for version in versions:
        details = version.details
        sources = ", ".join(f"{name} {each['real']}+{each['fake']}" for name, each in details["counts"].items())
        state = "" if version.intact else "CHANGED BY HAND; "
        row = (str(version.number), details["created"], f"{details['pictures']:,}", f"{details['added']:,}")
        table.add_row(*row, console.printable(sources), console.printable(state + details["note"]))
    out = console.stdout()
    out.print(table, soft_wrap=not out.is_terminal)


def _diff(folder: DataFolder, names: list[str], as_json: bool) -> None:
    from unmask.collections import compare_versions

    if len(names) != 2:
        raise UsageError(f"name two versions: unmask data diff 1 latest --in {folder.root}")
    first, second = (folder.version(name) for name in names)
    changes = compare_versions(first, second)
    if as_json:
        sys.stdout.write(json.dumps(changes.to_dict(), ensure_ascii=False) + "\n")
        return
    out = console.stdout()
    for sign, rows in (("+", changes.added), ("-", changes.removed)):
        for row in rows:
            out.print(f"{sign} {row.label:<4}  {console.printable(row.source)}  {row.known_as}")
    for old, new in changes.relabeled:
        out.print(f"~ {old.label} to {new.label}  {console.printable(new.source)}  {new.known_as}")
    counts = f"{len(changes.added):,} added, {len(changes.removed):,} removed, {len(changes.relabeled):,} relabeled"
    out.print(f"version {first.number} to {second.number}: {counts}")
