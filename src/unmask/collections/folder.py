"""The folder of a collection: images stored by digest, and one manifest per version.

    DIR/pictures/ab/ab34….jpg   the images; the name is the SHA-256 of the bytes
    DIR/versions/0002.csv       the manifest of version 2
    DIR/versions/0002.json      when and why it was made, counts, faults that the audit found
    DIR/manifest.csv            a copy of the newest manifest

`Dataset.load(DIR)` reads the newest version and `Dataset.load("DIR/versions/0001.csv")` the first one, with equal names
and digests for equal images.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from unmask._files import locked, write_atomic
from unmask.collections.stored_image import StoredImage, read_rows, write_rows
from unmask.datasets import Dataset
from unmask.errors import BadManifest, DatasetError, UsageError

README = """\
This folder is a collection of labeled pictures, made by `unmask data add`.

pictures/         the pictures; a file name is the SHA-256 of the bytes
versions/N.csv    the pictures of version N, with label, source, group and license
versions/N.json   when and why version N was made, and what the audit found
manifest.csv      the newest version; `unmask audit`, `train` and `evaluate` read it

List the versions with `unmask data list --in FOLDER`. Files are only added, never changed, except manifest.csv.
"""


@dataclass(frozen=True)
class CollectionVersion:
    """One version of a collection.

    Attributes:
        number: 1, 2, ….
        path: the manifest.
    """

    number: int
    path: Path

    @cached_property
    def rows(self) -> list[StoredImage]:
        """The images.

        Raises:
            BadManifest: the manifest cannot be read.
        """
        return read_rows(self.path)

    @cached_property
    def details(self) -> dict[str, Any]:
        """What was recorded when the version was made.

        Raises:
            BadManifest: the file cannot be read.
        """
        file = self.path.with_suffix(".json")
        try:
            return dict(json.loads(file.read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise BadManifest(f"{file}: cannot be read ({error}); restore the file from a backup") from None

    @property
    def intact(self) -> bool:
        """Whether the manifest has the recorded digest."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest() == self.details.get("sha256")


class DataFolder:
    """A collection on disk.

    Attributes:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._versions = root / "versions"

    @classmethod
    def existing(cls, root: Path) -> DataFolder:
        """A collection that has at least one version.

        Raises:
            DatasetError: the folder is not a collection.
        """
        folder = cls(root)
        if not folder.versions():
            raise DatasetError(f"{root}: not a collection; make one: unmask data add MANIFEST --to {root}")
        return folder

    def versions(self) -> list[CollectionVersion]:
        """All versions, oldest first."""
        found = sorted(self._versions.glob("[0-9]*.csv")) if self._versions.is_dir() else []
        return [CollectionVersion(int(path.stem), path) for path in found if path.stem.isdigit()]

    @property
    def newest(self) -> CollectionVersion | None:
        """The newest version; None if there is none."""
        return next(reversed(self.versions()), None)

    def version(self, name: str) -> CollectionVersion:
        """A version by its number, or by `latest`.

        Raises:
            UsageError: there is no such version.
        """
        versions = self.versions()
        chosen = versions[-1:] if name == "latest" else [each for each in versions if str(each.number) == name]
        if not chosen:
            numbers = ", ".join(str(each.number) for each in versions) or "none"
            raise UsageError(f"{self.root} has no version {name!r}; its versions are {numbers}")
        return chosen[0]

    def dataset(self, version: CollectionVersion) -> Dataset:
        """The images of a version."""
        return Dataset(tuple(row.labeled(self.root) for row in version.rows), self.root.resolve().name)

    @staticmethod
    def picture_path(sha256: str, suffix: str) -> str:
        """Path of an image relative to the folder, `/`-separated."""
        return f"pictures/{sha256[:2]}/{sha256}{suffix}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Create the folder if it does not exist, and lock out other writers.

        Raises:
            UsageError: the folder cannot be written, or it has other contents.
        """
        try:
            if self.root.is_dir() and any(self.root.iterdir()) and not self._versions.is_dir():
                raise UsageError(
                    f"{self.root}: the folder is not empty and not a collection; name a new folder, or make "
                    f"a collection of its pictures: unmask data add {self.root} --to NEW"
                )
            self._versions.mkdir(parents=True, exist_ok=True)
            with (self._versions / ".lock").open("ab") as file, locked(file):
                yield
        except OSError as error:
            raise UsageError(f"{self.root}: cannot be written ({error.strerror or error})") from None

    def write_version(self, rows: list[StoredImage], details: dict[str, Any]) -> CollectionVersion:
        """Write the next version. It exists once its CSV file does; an interruption leaves the folder as it was."""
        newest = self.newest
        number = newest.number + 1 if newest else 1
        path = self._versions / f"{number:04d}.csv"
        draft = self._versions / ".draft.csv"
        data = write_rows(draft, rows, "../")
        stated = {"version": number, "sha256": hashlib.sha256(data).hexdigest(), **details}
        write_atomic(path.with_suffix(".json"), (json.dumps(stated, indent=2, ensure_ascii=False) + "\n").encode())
        draft.replace(path)
        self.refresh()
        return CollectionVersion(number, path)

    def refresh(self) -> None:
        """Make `manifest.csv` equal to the newest version, and write the README if it is missing."""
        newest, readme = self.newest, self.root / "README.md"
        if newest:
            write_rows(self.root / "manifest.csv", newest.rows)
        if not readme.exists():
            write_atomic(readme, README.encode())
