"""The review queue of a server's history, read from its database and its kept pictures."""

from __future__ import annotations

import os
from pathlib import Path

from unmask.review import Decision, ReviewItem


def history_queue(data_dir: Path | None, control: float) -> tuple[list[ReviewItem], list[Decision]]:
    """The queue of all owners, and the decisions made on the page.

    Args:
        data_dir: data folder of the server; None for the one in the server's settings.
        control: share of the control sample.

    Raises:
        MissingExtra: the web app is not installed.
        UsageError: the database cannot be opened.
    """
    from unmask.cli.serve import require_web_app

    require_web_app()
    from unmask.web.files import PictureStore
    from unmask.web.settings import resolve
    from unmask.web.store import Store, reviews

    settings = resolve({"data_dir": str(data_dir) if data_dir else None}, os.environ)
    pictures, store = PictureStore(settings.folder / "pictures"), Store.open(settings.url)
    try:
        entries, decisions = store.read(reviews.queue_entries, control), store.read(reviews.decisions)
    finally:
        store.close()
    items = [ReviewItem(pictures.path(entry.verdict.sha256), entry.verdict, entry.reason) for entry in entries]
    return [item for item in items if item.path.is_file()], decisions
