"""Collections: versioned folders of labeled images. Plain files, so that any tool can carry and read them."""

from __future__ import annotations

from unmask.collections.additions import Addition, add_images
from unmask.collections.changes import Changes, compare_versions
from unmask.collections.folder import CollectionVersion, DataFolder
from unmask.collections.new_images import NewImage, images_in, label_images

__all__ = [
    "Addition",
    "Changes",
    "CollectionVersion",
    "DataFolder",
    "NewImage",
    "add_images",
    "compare_versions",
    "images_in",
    "label_images",
]
