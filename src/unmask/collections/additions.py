"""Adds images to a collection: finds duplicates, audits the result, copies the files and writes the next version."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from unmask._files import atomic_path
from unmask.collections.folder import CollectionVersion, DataFolder
from unmask.collections.new_images import NewImage
from unmask.collections.stored_image import StoredImage
from unmask.datasets import Audit, Dataset, audit, framing_sample, measure_framings, read_file_properties
from unmask.datasets.file_properties import FileProperties
from unmask.datasets.near_duplicates import Hashes, close_pairs
from unmask.errors import DatasetError
from unmask.progress import Progress, no_progress, track
from unmask.verdict import Failure

INTEGRITY = frozenset({"unreadable", "label", "leak"})
"""Audit faults that stop an addition; others are warnings here, and `unmask train` checks them all again."""
SUFFIXES = {"JPEG": ".jpg", "MPO": ".jpg", "TIFF": ".tif"}
"""File name endings of formats whose name is not their ending."""


@dataclass(frozen=True, slots=True)
class Addition:
    """The result of adding images.

    Attributes:
        version: the new version; None if nothing was added.
        added: number of new images.
        relabeled: number of images that got another label.
        skipped: name of each image that was left out, with the reason.
        audit: the audit of the new version; None if nothing was added.
    """

    version: CollectionVersion | None
    added: int
    relabeled: int
    skipped: tuple[tuple[str, str], ...]
    audit: Audit | None

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON values."""
        return {
            "version": self.version.number if self.version else None,
            "added": self.added,
            "relabeled": self.relabeled,
            "skipped": [{"name": name, "reason": reason} for name, reason in self.skipped],
            "faults": [fault.to_dict() for fault in self.audit.faults] if self.audit else [],
        }


@dataclass(slots=True)
class _Draft:
    """The next version while it is made: rows by SHA-256, the new images among them, and what was left out."""

    rows: dict[str, StoredImage]
    files: dict[str, NewImage]
    skipped: list[tuple[str, str]]
    relabeled: int = 0


def add_images(
    folder: DataFolder,
    images: Sequence[NewImage],
    *,
    regression: Dataset | None = None,
    near_duplicates: bool = False,
    relabel: bool = False,
    force: bool = False,
    note: str = "",
    progress: Progress = no_progress,
) -> Addition:
    """Add images to a collection as its next version.

    An image whose bytes are there already is left out. So is a near duplicate with the same label, and any near
    duplicate of the regression set, which must stay unseen. A near duplicate with the other label, such as a fake made
    from a photograph of the collection, is added to the same group.

    Args:
        folder: the collection; it is created if it does not exist.
        images: the images.
        regression: images that must not be in the collection; None for none.
        near_duplicates: also add near duplicates with the same label.
        relabel: give an image that is there with the other label the new label.
        force: add even if the audit finds a fault of `INTEGRITY`.
        note: why the version is made.
        progress: receives the number of finished images.

    Raises:
        DatasetError: an image is there with the other label, or the audit failed.
        UsageError: the folder cannot be written.
    """
    properties = list(read_file_properties(track([each.item for each in images], "reading pictures", progress)))
    hidden = _hashes(
        read_file_properties(track(regression.items, "reading the regression set", progress)) if regression else ()
    )
    with folder.locked():
        folder.refresh()
        newest = folder.newest
        number = newest.number + 1 if newest else 1
        draft = _Draft({row.sha256: row for row in newest.rows} if newest else {}, {}, [])
        _add_distinct(draft, images, properties, number, relabel=relabel)
        _check_near_duplicates(draft, number, hidden, keep=near_duplicates)
        if not draft.files and not draft.relabeled:
            return Addition(None, 0, 0, tuple(draft.skipped), None)
        found = _audit(folder, draft, progress, force=force)
        for sha256, new in track(list(draft.files.items()), "copying pictures", progress):
            _copy(folder, draft.rows[sha256], new)
        version = folder.write_version(list(draft.rows.values()), _details(draft, found, note))
    return Addition(version, len(draft.files), draft.relabeled, tuple(draft.skipped), found)


def _hashes(properties: Iterable[FileProperties | Failure]) -> list[Hashes]:
    return [each.hash for each in properties if isinstance(each, FileProperties)]


def _add_distinct(
    draft: _Draft,
    images: Sequence[NewImage],
    properties: Sequence[FileProperties | Failure],
    number: int,
    *,
    relabel: bool,
) -> None:
    """Add the images whose bytes are new."""
    for new, each in zip(images, properties, strict=True):
        if isinstance(each, Failure):
            draft.skipped.append((new.item.name, each.message))
            continue
        there = draft.rows.get(each.sha256)
        if there is None:
            draft.rows[each.sha256] = _row(new, each, number)
            draft.files[each.sha256] = new
        elif there.label == new.item.label:
            draft.skipped.append((new.item.name, f"the same file is in version {there.added}"))
        elif relabel and each.sha256 not in draft.files:
            draft.rows[each.sha256] = replace(there, label=new.item.label, reviewer=new.reviewer)
            draft.relabeled += 1
        else:
            raise DatasetError(
                f"{new.item.name} is labeled {new.item.label}, but the same file is in the collection as "
                f"{there.label}; correct the label, or pass --relabel"
            )


def _row(new: NewImage, each: FileProperties, number: int) -> StoredImage:
    item = new.item
    suffix = SUFFIXES.get(each.format, f".{each.format.lower()}")
    return StoredImage(
        known_as=DataFolder.picture_path(each.sha256, suffix),
        label=item.label,
        split=item.split or "",
        source=item.source,
        generator=item.generator or "",
        group=item.group or "",
        license=new.license,
        reviewer=new.reviewer,
        sha256=each.sha256,
        difference_hash=each.hash.tobytes().hex(),
        added=number,
    )


def _check_near_duplicates(draft: _Draft, number: int, hidden: Sequence[Hashes], *, keep: bool) -> None:
    """Drop near duplicates of the regression set and of images with the same label; group those with the other one."""
    keys = [None] * len(hidden) + sorted(draft.rows, key=lambda sha256: sha256 in draft.files)
    if not keys:
        return
    rows = [None if key is None else draft.rows[key] for key in keys]
    hashes = np.stack([*hidden, *(row.hash for row in rows if row)])
    for first, second in close_pairs(hashes).tolist():
        key = keys[second]
        if key is None or key not in draft.files or key not in draft.rows:
            continue
        other = keys[first]
        new = draft.files[key].item
        if other is None:
            _drop(draft, key, "near duplicate of a picture of the regression set")
        elif other in draft.rows and draft.rows[other].label != new.label:
            _join_group(draft, other, key)
        elif not keep:
            _drop(draft, key, f"near duplicate of {rows[first].known_as}" if rows[first] else "near duplicate")


def _drop(draft: _Draft, key: str, reason: str) -> None:
    """Leave out a new image."""
    draft.skipped.append((draft.files.pop(key).item.name, reason))
    del draft.rows[key]


def _join_group(draft: _Draft, first: str, second: str) -> None:
    """Put two images into the group of the first one that has a group."""
    pair = [draft.rows[first], draft.rows[second]]
    group = next((row.group for row in pair if row.group), f"like-{first[:16]}")
    split = pair[0].split or pair[1].split
    draft.rows[first] = replace(pair[0], group=pair[0].group or group)
    draft.rows[second] = replace(pair[1], group=group, split=split)


def _audit(folder: DataFolder, draft: _Draft, progress: Progress, *, force: bool) -> Audit:
    """Audit the next version before any file is written.

    Raises:
        DatasetError: a fault of `INTEGRITY` was found and `force` is False.
    """
    items = [
        replace(row.labeled(folder.root), path=draft.files[key].item.path)
        if key in draft.files
        else row.labeled(folder.root)
        for key, row in draft.rows.items()
    ]
    dataset = Dataset(tuple(items), folder.root.resolve().name)
    properties = list(read_file_properties(track(dataset.items, "auditing", progress)))
    framings = dict(measure_framings(track(framing_sample(dataset), "finding faces", progress)))
    found = audit(dataset, properties, framings)
    wrong = [fault for fault in found.faults if fault.is_error and fault.name in INTEGRITY]
    if wrong and not force:
        raise DatasetError(f"the audit failed ({wrong[0].name}: {wrong[0].message}); fix the data, or pass --force")
    return found


def _copy(folder: DataFolder, row: StoredImage, new: NewImage) -> None:
    """Copy the file of a new image, unless its bytes are stored already."""
    target = folder.root / row.known_as
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(target) as draft:
        shutil.copyfile(new.item.path, draft)


def _details(draft: _Draft, found: Audit, note: str) -> dict[str, Any]:
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "note": note,
        "pictures": len(draft.rows),
        "added": len(draft.files),
        "relabeled": draft.relabeled,
        "counts": dict(_counts(draft.rows.values())),
        "faults": [{"name": fault.name, "message": fault.message} for fault in found.faults],
    }


def _counts(rows: Iterable[StoredImage]) -> Iterator[tuple[str, dict[str, int]]]:
    """Number of images by source and label."""
    tally = Counter((row.source, row.label) for row in rows)
    for source in sorted({source for source, _ in tally}):
        yield source, {label: tally[source, label] for label in ("real", "fake")}
