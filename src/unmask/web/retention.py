"""Deletes data that is older than the retention period."""

from __future__ import annotations

from datetime import timedelta

from unmask.web.files import PictureStore, Spool
from unmask.web.store import Store, history, jobs, shadows
from unmask.web.store.tables import now


def delete_expired(store: Store, spool: Spool, pictures: PictureStore, days: int | None) -> dict[str, int]:
    """Delete history, feedback and finished jobs older than `days`, and the spool files of interrupted uploads.

    Args:
        store: the database.
        spool: bytes of jobs.
        pictures: kept pictures.
        days: age in days; None deletes interrupted uploads only.

    Returns:
        The number of deleted verdicts and jobs.
    """
    deleted = {"verdicts": 0, "jobs": 0}
    if days is not None:
        before = now() - timedelta(days=days)
        deleted["verdicts"], orphans = store.write(history.delete_all, None, before)
        pictures.drop(orphans)
        deleted["jobs"] = store.write(jobs.delete_all, before)
        store.write(shadows.delete_before, before)
    spool.sweep(store.read(jobs.open_ids, spool.node))
    return deleted
