"""Deletes what is older than it may be."""

from __future__ import annotations

from datetime import timedelta

from unmask.web.files import PictureStore, Spool
from unmask.web.store import Store, history, jobs
from unmask.web.store.tables import now


def retain(store: Store, spool: Spool, gallery: PictureStore, days: int | None) -> dict[str, int]:
    """Delete history, feedback and finished jobs older than `days` (None keeps them); how many.

    What broken-off uploads left in the spool goes in any case.
    """
    deleted = {"verdicts": 0, "jobs": 0}
    if days is not None:
        before = now() - timedelta(days=days)
        deleted["verdicts"], orphans = store.write(history.forget_all, None, before)
        gallery.drop(orphans)
        deleted["jobs"] = store.write(jobs.forget_all, before)
    spool.sweep(store.read(jobs.open_ids, spool.node))
    return deleted
