"""Images that are to be added to a collection, from manifests, folders and single files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from unmask.datasets import Dataset, LabeledImage
from unmask.datasets.labeled_image import ClassName
from unmask.datasets.manifests import SUFFIXES, manifest_rows
from unmask.errors import DatasetError, UsageError


@dataclass(frozen=True, slots=True)
class NewImage:
    """An image that is to be added.

    Attributes:
        item: the labeled image.
        license: terms under which the image may be used.
        reviewer: who confirmed the label; empty if nobody did.
    """

    item: LabeledImage
    license: str
    reviewer: str = ""


def images_in(data: Path, *, source: str | None, license: str | None) -> list[NewImage]:  # noqa: A002
    """The images of a manifest or a folder of labeled images.

    Args:
        data: as `Dataset.load` takes it.
        source: source of images whose row names none.
        license: terms of images whose row names none.

    Raises:
        DatasetError: the data cannot be read.
        UsageError: an image has no source or no license.
    """
    items = Dataset.load(data).items
    tables = [data] if data.is_file() else [data / f"manifest{suffix}" for suffix in SUFFIXES]
    table = next((each for each in tables if each.is_file()), None)
    columns = [row for _, row in manifest_rows(table)] if table else [{}] * len(items)
    found = []
    for item, row in zip(items, columns, strict=True):
        stated = str(row.get("source") or "").strip() or source
        terms = str(row.get("license") or "").strip() or license
        reviewer = str(row.get("reviewer") or "").strip()
        found.append(_complete(item, stated, terms, reviewer))
    return found


def label_images(
    paths: Sequence[Path],
    label: ClassName,
    *,
    source: str | None,
    license: str | None,  # noqa: A002
    generator: str | None = None,
    group: str | None = None,
) -> list[NewImage]:
    """Single files with a label.

    Raises:
        DatasetError: a file does not exist.
        UsageError: there is no source or no license.
    """
    found = []
    for path in paths:
        if not path.is_file():
            raise DatasetError(f"{path}: no such file")
        item = LabeledImage(path, label, None, source or "", generator, group, name=path.name)
        found.append(_complete(item, source, license))
    return found


def _complete(item: LabeledImage, source: str | None, terms: str | None, reviewer: str = "") -> NewImage:
    """The image with its source and its license.

    Raises:
        UsageError: one of them is missing.
    """
    for word, value in (("source", source), ("license", terms)):
        if not value:
            raise UsageError(f"{item.name}: no {word}; add the column {word} to the manifest, or pass --{word}")
    return NewImage(replace(item, source=source or ""), terms or "", reviewer)
