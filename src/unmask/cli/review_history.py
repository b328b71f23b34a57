"""The history of a server for the terminal: its review queue, its kept pictures, and its pictures by day."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unmask.errors import UsageError
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


def history_days(data_dir: Path | None, days: int) -> Iterator[tuple[date, bool, list[dict[str, Any]]]]:
    """The pictures of the history by the day on which they were first judged, in the wire form, oldest day first.

    Args:
        data_dir: data folder of the server; None for the one in the server's settings.
        days: number of days before and including the newest one that count as new.

    Yields:
        The day in UTC, whether it is one of the new days, and its pictures, judged by one model.

    Raises:
        MissingExtra: the web app is not installed.
        UsageError: the database cannot be opened, or there are no verdicts.
    """
    with _opened(data_dir) as (store, _):
        from unmask.web.store import history

        newest = store.read(history.newest_day)
        if newest is None:
            raise UsageError("the history of the server is empty; name its data folder: --data-dir DIR")
        first = newest - timedelta(days=days - 1)
        found = store.read(lambda session: list(history.dated_verdicts(session, first)))
    for day, rows in groupby(found, key=itemgetter(0)):
        yield day, day >= first, [row for _, row in rows]


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
