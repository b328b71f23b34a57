"""What differs between two versions of a collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from unmask.collections.folder import CollectionVersion
from unmask.collections.stored_image import StoredImage


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference of two versions.

    Attributes:
        added: images only in the second version.
        removed: images only in the first version.
        relabeled: images whose label differs, as in each version.
    """

    added: tuple[StoredImage, ...]
    removed: tuple[StoredImage, ...]
    relabeled: tuple[tuple[StoredImage, StoredImage], ...]

    def to_dict(self) -> dict[str, Any]:
        """The difference as plain JSON values."""

        def listed(rows: tuple[StoredImage, ...]) -> list[dict[str, str]]:
            return [{"file_name": row.known_as, "label": row.label, "source": row.source} for row in rows]

        relabeled = [{"file_name": new.known_as, "from": old.label, "to": new.label} for old, new in self.relabeled]
        return {"added": listed(self.added), "removed": listed(self.removed), "relabeled": relabeled}


def compare_versions(first: CollectionVersion, second: CollectionVersion) -> Changes:
    """The images that were added, removed and relabeled from one version to another."""
    before, after = ({row.sha256: row for row in version.rows} for version in (first, second))
    return Changes(
        tuple(row for sha256, row in after.items() if sha256 not in before),
        tuple(row for sha256, row in before.items() if sha256 not in after),
        tuple(
            (before[sha256], row)
            for sha256, row in after.items()
            if sha256 in before and before[sha256].label != row.label
        ),
    )
