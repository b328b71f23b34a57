"""Reads folders of labeled images.

Supported layouts:

    faces/Real, faces/Fake                       not split
    faces/Train/Real … faces/Test/Fake           split; any split may be missing
    faces/Real/Train … faces/Fake/Test           split within the classes
    faces/training_real, faces/training_fake     split and class in one folder name
    collections/dfdc/Real, collections/ffhq/…    several sources
    archive/real-vs-fake/train/real …            inside folders without a meaning

A folder whose name cannot be interpreted is an error that lists what was found; its images are never skipped silently.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from unmask.datasets.label_parsing import class_of, is_class, split_of
from unmask.datasets.labeled_image import ClassName, LabeledImage
from unmask.errors import AmbiguousNames, DatasetError
from unmask.images import SUFFIXES

_IGNORED = frozenset({"__MACOSX", "__pycache__", "@eaDir"})
_GROUPS_FROM = 20
"""More subfolders of a class than this are read as groups (a person or a clip); fewer, as generators."""


def read_folder(root: Path) -> list[LabeledImage]:
    """Finds every labeled image below a folder.

    Args:
        root: folder of the dataset.

    Returns:
        The images, sorted by name. Subfolders of `Fake` are read as generators. If a class has more than 20
        subfolders, they are read as groups.

    Raises:
        DatasetError: the folder does not exist or has no labeled image.
        AmbiguousNames: the class or the purpose of a folder cannot be read from its name.
    """
    if not root.is_dir():
        raise DatasetError(f"the folder {root} does not exist")
    items = [replace(item, name=item.path.relative_to(root).as_posix()) for item in _level(root, root.name, None)]
    if not items:
        raise DatasetError(f"no pictures in {root}; put them into folders named Real and Fake")
    return sorted(items, key=lambda item: item.name)


def _level(folder: Path, source: str, split: str | None) -> list[LabeledImage]:
    """The images of one folder, by the names of its subfolders."""
    below = _subfolders(folder)
    classes = {child: label for child in below if (label := class_of(child.name))}
    splits = {child: name for child in below if child not in classes and (name := split_of(child.name))}
    if len(below) == 1 and not splits and (not classes or _is_wrapper(below[0])):
        return _level(below[0], source, split)
    if not below or (classes and splits) or 0 < len(classes) + len(splits) < len(below):
        raise AmbiguousNames(_ambiguity_message(folder, below))
    both = [child for child in classes if _holds_both(child)]
    if both and len(both) < len(below):
        raise AmbiguousNames(
            f"{folder.name}: {', '.join(child.name for child in both)} is named like a class but holds both classes, "
            "unlike the folders beside it; rename it"
        )
    if classes and not both:
        own = {split_of(child.name) for child in classes}
        within = {child: split or (split_of(child.name) if len(own) > 1 else None) for child in classes}
        return [item for child, label in classes.items() for item in _of_class(child, label, source, within[child])]
    if splits and split is None:
        return [item for child, name in splits.items() for item in _level(child, source, name)]
    if not all(map(_subfolders, below)):
        raise AmbiguousNames(_ambiguity_message(folder, below))
    return [item for child in below for item in _level(child, child.name, split)]


def _is_wrapper(folder: Path) -> bool:
    """Whether a folder named like a class (`deepfake_database`) holds splits or both classes."""
    return any(split_of(child.name) for child in _subfolders(folder)) or _holds_both(folder)


def _holds_both(folder: Path) -> bool:
    """Whether its subfolders, or those of its splits, are named like both classes."""
    below = _subfolders(folder)
    if len({class_of(child.name) for child in below} - {None}) == 2:
        return True
    return any(split_of(child.name) and _holds_both(child) for child in below)


def _of_class(folder: Path, label: ClassName, source: str, split: str | None) -> Iterator[LabeledImage]:
    """The images of one class, which may be divided into splits."""
    below = _subfolders(folder)
    if contrary := [child.name for child in below if is_class(child.name) and class_of(child.name) != label]:
        raise AmbiguousNames(f"{folder} is named like {label} but holds {', '.join(contrary)}; rename one of them")
    splits = {child: name for child in below if (name := split_of(child.name))}
    if split or not splits or len(below) > _GROUPS_FROM:
        yield from _class_folder(folder, label, source, split)
        return
    if len(splits) < len(below) or any(path.parent == folder for path in _pictures(folder)):
        raise AmbiguousNames(
            f"some folders in {folder} are named like splits ({', '.join(child.name for child in splits)}), but "
            "others or pictures are beside them; move those into a split, or write a manifest"
        )
    for child, name in splits.items():
        yield from _class_folder(child, label, source, name)


def _class_folder(folder: Path, label: ClassName, source: str, split: str | None) -> Iterator[LabeledImage]:
    """The images of one class, at any depth."""
    many = len(_subfolders(folder)) > _GROUPS_FROM
    for path in _pictures(folder):
        parts = path.relative_to(folder).parts
        top = parts[0] if len(parts) > 1 else None
        yield LabeledImage(
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
    """Files with an image suffix; links are followed, and each folder is visited once."""
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


def _ambiguity_message(folder: Path, below: list[Path]) -> str:
    """The error message for folder names that cannot be interpreted."""
    if not below:
        return f"{folder} has no folders named Real and Fake (or Train, Validation, Test with those inside)"
    seen = ", ".join(f"{child.name!r} ({class_of(child.name) or split_of(child.name) or '?'})" for child in below[:12])
    more = f" and {len(below) - 12} more" if len(below) > 12 else ""
    numbered = any(child.name.isdigit() for child in below)
    why = "; numbers are ambiguous, since datasets differ in which class is 0" if numbered else ""
    return f"the folder names in {folder} do not show which class is real: {seen}{more}{why}; name them Real and Fake"
