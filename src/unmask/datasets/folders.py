"""Folders of labelled pictures, read as they are found in the wild.

    faces/Real, faces/Fake                       one set, not split
    faces/Train/Real … faces/Test/Fake           split; any of the splits may be missing
    faces/Real/Train … faces/Fake/Test           the same the other way round
    faces/training_real, faces/training_fake     the same in one level
    collections/dfdc/Real, collections/ffhq/…    several sources side by side
    archive/real-vs-fake/train/real …            wrapped in folders that say nothing

Every folder on the way must be understood: a stray one beside `Real` and `Fake` is an error that lists
what was seen, not a few thousand pictures quietly left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from unmask.datasets.item import ClassName, Item
from unmask.datasets.names import class_of, is_class, split_of
from unmask.errors import AmbiguousNames, DatasetError
from unmask.images import SUFFIXES

_IGNORED = frozenset({"__MACOSX", "__pycache__", "@eaDir"})
_GROUPS_FROM = 20
"""More sub-folders of a class than this are read as one per person or clip; fewer, as one per generator."""


def read_folder(root: Path) -> list[Item]:
    """Finds every labelled picture below a folder.

    Args:
        root: the data set's folder.

    Returns:
        The pictures in the order of their names. Sub-folders of a class name the generator of fakes, or the
        group where there are more than 20 of them.

    Raises:
        DatasetError: there is no such folder, or it holds no labelled picture.
        AmbiguousNames: folders that do not say what is real, what is fake, or what they are.
    """
    if not root.is_dir():
        raise DatasetError(f"no such folder: {root}")
    items = [replace(item, name=item.path.relative_to(root).as_posix()) for item in _level(root, root.name, None)]
    if not items:
        raise DatasetError(f"no pictures in {root}: put them into folders named Real and Fake")
    return sorted(items, key=lambda item: item.name)


def _level(folder: Path, source: str, split: str | None) -> list[Item]:
    """The pictures of one folder, by what its sub-folders are called."""
    below = _subfolders(folder)
    classes = {child: label for child in below if (label := class_of(child.name))}
    splits = {child: name for child in below if child not in classes and (name := split_of(child.name))}
    if len(below) == 1 and not splits and (not classes or _is_wrapper(below[0])):
        return _level(below[0], source, split)
    if not below or (classes and splits) or 0 < len(classes) + len(splits) < len(below):
        raise AmbiguousNames(_complaint(folder, below))
    both = [child for child in classes if _holds_both(child)]
    if both and len(both) < len(below):
        raise AmbiguousNames(
            f"{folder.name}: {', '.join(child.name for child in both)} sounds like a class but holds both, and "
            "what lies beside it does not; give that folder another name"
        )
    if classes and not both:
        own = {split_of(child.name) for child in classes}
        within = {child: split or (split_of(child.name) if len(own) > 1 else None) for child in classes}
        return [item for child, label in classes.items() for item in _of_class(child, label, source, within[child])]
    if splits and split is None:
        return [item for child, name in splits.items() for item in _level(child, source, name)]
    if not all(map(_subfolders, below)):
        raise AmbiguousNames(_complaint(folder, below))
    return [item for child in below for item in _level(child, child.name, split)]


def _is_wrapper(folder: Path) -> bool:
    """Whether a folder called like a class (`deepfake_database`) holds splits or both classes."""
    return any(split_of(child.name) for child in _subfolders(folder)) or _holds_both(folder)


def _holds_both(folder: Path) -> bool:
    """Whether the folders in it, or in its splits, are called like both classes."""
    below = _subfolders(folder)
    if len({class_of(child.name) for child in below} - {None}) == 2:
        return True
    return any(split_of(child.name) and _holds_both(child) for child in below)


def _of_class(folder: Path, label: ClassName, source: str, split: str | None) -> Iterator[Item]:
    """The pictures of one class, which may be divided into splits."""
    below = _subfolders(folder)
    if contrary := [child.name for child in below if is_class(child.name) and class_of(child.name) != label]:
        raise AmbiguousNames(f"{folder} sounds like {label}, but holds {', '.join(contrary)}; give one another name")
    splits = {child: name for child in below if (name := split_of(child.name))}
    if split or not splits or len(below) > _GROUPS_FROM:
        yield from _class_folder(folder, label, source, split)
        return
    if len(splits) < len(below) or any(path.parent == folder for path in _pictures(folder)):
        raise AmbiguousNames(
            f"some folders in {folder} are called like splits ({', '.join(child.name for child in splits)}), "
            "but not everything there lies in one; move the rest, or give a manifest"
        )
    for child, name in splits.items():
        yield from _class_folder(child, label, source, name)


def _class_folder(folder: Path, label: ClassName, source: str, split: str | None) -> Iterator[Item]:
    """The pictures of one class, at any depth."""
    many = len(_subfolders(folder)) > _GROUPS_FROM
    for path in _pictures(folder):
        parts = path.relative_to(folder).parts
        top = parts[0] if len(parts) > 1 else None
        yield Item(
            path=path,
            label=label,
            split=split,
            source=source,
            generator=top if label == "fake" and not many else None,
            group=top if many else None,
        )


def _subfolders(folder: Path) -> list[Path]:
    return sorted(child for child in folder.iterdir() if child.is_dir() and not _is_ignored(child.name))


def _is_ignored(name: str) -> bool:
    return name.startswith(".") or name in _IGNORED


def _pictures(folder: Path) -> Iterator[Path]:
    """Files that look like pictures; links are followed, each folder once."""
    seen: set[Path] = set()
    for here, below, files in os.walk(folder, followlinks=True):
        real = Path(here).resolve()
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        below[:] = sorted(name for name in below if not _is_ignored(name))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield Path(here, name)


def _complaint(folder: Path, below: list[Path]) -> str:
    """Says what was seen where folder names cannot be read."""
    if not below:
        return f"{folder} has no folders named Real and Fake (or Train, Validation, Test with those inside)"
    seen = ", ".join(f"{child.name!r} ({class_of(child.name) or split_of(child.name) or '?'})" for child in below[:12])
    more = f" and {len(below) - 12} more" if len(below) > 12 else ""
    numbered = any(child.name.isdigit() for child in below)
    why = "; bare numbers are not read, as some call fakes 0 and others 1" if numbered else ""
    return f"cannot tell real from fake by the folders in {folder}: saw {seen}{more}{why}; name them Real and Fake"
