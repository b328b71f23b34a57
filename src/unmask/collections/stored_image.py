"""One image of a collection, and the CSV manifests that list them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import cast

import numpy as np

from unmask._files import write_atomic
from unmask._text_tables import csv_rows
from unmask.datasets import LabeledImage
from unmask.datasets.labeled_image import ClassName
from unmask.datasets.near_duplicates import Hashes
from unmask.errors import BadManifest


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One image of a collection; a row of its manifest.

    Attributes:
        known_as: path of the file relative to the collection; it contains the SHA-256 of the bytes.
        label, split, source, generator, group: as in `LabeledImage`; empty if there is none.
        license: terms under which the image may be used.
        reviewer: who confirmed the label; empty if nobody did.
        sha256: SHA-256 of the file.
        difference_hash: difference hash in hexadecimal.
        added: version that first had the image.
    """

    known_as: str
    label: str
    split: str
    source: str
    generator: str
    group: str
    license: str
    reviewer: str
    sha256: str
    difference_hash: str
    added: int

    @property
    def hash(self) -> Hashes:
        """The difference hash, `[32]`."""
        return np.frombuffer(bytes.fromhex(self.difference_hash), np.uint8)

    def labeled(self, root: Path) -> LabeledImage:
        """The image as a member of a dataset; `root` is the folder of the collection."""
        return LabeledImage(
            path=root / self.known_as,
            label=cast(ClassName, self.label),
            split=self.split or None,
            source=self.source,
            generator=self.generator or None,
            group=self.group or None,
            name=self.known_as,
        )


COLUMNS = ("file_name", *(field.name for field in fields(StoredImage)))
"""Columns of a manifest; `file_name` is relative to the manifest's folder."""


def write_rows(path: Path, rows: Iterable[StoredImage], prefix: str = "") -> bytes:
    """Write a manifest atomically and return its bytes; `prefix` leads from its folder to the collection."""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows({"file_name": prefix + row.known_as, **asdict(row)} for row in rows)
    data = text.getvalue().encode("utf-8", "surrogateescape")
    write_atomic(path, data)
    return data


def read_rows(path: Path) -> list[StoredImage]:
    """Read a manifest that `write_rows` wrote.

    Raises:
        BadManifest: the file cannot be read, or a column is missing.
    """
    try:
        return [
            StoredImage(**{name: str(row[name]) for name in COLUMNS[1:-1]}, added=int(row["added"]))
            for _, row in csv_rows(path, COLUMNS)
        ]
    except (OSError, ValueError, KeyError) as error:
        raise BadManifest(f"{path}: not a manifest of a collection ({error}); restore the file from a backup") from None
