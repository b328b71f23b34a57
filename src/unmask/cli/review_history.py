"""The history of a server for the terminal: its review queue and its kept pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from unmask.review import Decision, ReviewItem
from unmask.verdict import Finding

if TYPE_CHECKING:
    from unmask.web.files import PictureStore
    from unmask.web.store import Store


def history_queue(data_dir: Path | None, control: float) -> tuple[list[ReviewItem], list[Decision]]:
    """The queue of all owners, and the decisions made on the page.

    Args:
        data_dir: data folder of the server; None for the one in the server's settings.
        control: share of the control sample.

    Raises:
        MissingExtra: the web app is not installed.
        UsageError: the database cannot be opened.
    """
    with _opened(data_dir) as (store, pictures):
        from unmask.web.store import reviews

        entries, decisions = store.read(reviews.queue_entries, control), store.read(reviews.decisions)
    items = [ReviewItem(pictures.path(entry.verdict.sha256), entry.verdict, entry.reason) for entry in entries]
    return [item for item in items if item.path.is_file()], decisions


def history_findings(data_dir: Path | None) -> list[Finding]:
    """The newest verdict on each kept picture; the path of a finding is that of the kept file.

    Args:
        data_dir: data folder of the server; None for the one in the server's settings.

    Raises:
        MissingExtra: the web app is not installed.
        UsageError: the database cannot be opened.
    """
    with _opened(data_dir) as (store, pictures):
        from unmask.web.store import history

        verdicts = store.read(history.kept_verdicts)
    paths = {verdict.sha256: str(pictures.path(verdict.sha256)) for verdict in verdicts}
    return [Finding(path, verdict.with_path(path)) for verdict in verdicts for path in [paths[verdict.sha256]]]


@contextmanager
def _opened(data_dir: Path | None) -> Iterator[tuple[Store, PictureStore]]:
    """The database and the kept pictures of the server."""
    from unmask.cli.serve import require_web_app

    require_web_app()
    from unmask.web.files import PictureStore
    from unmask.web.settings import resolve
    from unmask.web.store import Store

    settings = resolve({"data_dir": str(data_dir) if data_dir else None}, os.environ)
    store = Store.open(settings.url)
    try:
        yield store, PictureStore(settings.folder / "pictures")
    finally:
        store.close()
