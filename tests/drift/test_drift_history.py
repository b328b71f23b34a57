"""`unmask drift --history`: the days of a server's history against earlier days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.conftest import Run
from tests.drift.test_drift import rows
from unmask.web.store import Store
from unmask.web.store.tables import VerdictRow

DAY = datetime(2026, 5, 10, 12, tzinfo=UTC)
Add = Callable[..., None]


@pytest.fixture
def add(tmp_path: Path) -> Add:
    """Stores findings as verdicts of a day before `DAY`; pictures are numbered from `first`."""

    def add_rows(found: list[dict[str, Any]], days_before: int, first: int, model: str = "1") -> None:
        def write(session: Session) -> None:
            for number, row in enumerate(found, start=first):
                body = {**row, "sha256": f"{number:064x}", "model": {**row["model"], "sha256": model * 64}}
                created = DAY - timedelta(days=days_before)
                columns = {"label": row["label"], "probability_fake": row["probability_fake"], "body": body}
                session.add(
                    VerdictRow(owner="", created=created, sha256=body["sha256"], model_sha256=model * 64, **columns)
                )

        store = Store.open(f"sqlite:///{tmp_path / 'unmask.db'}")
        store.write(write)
        store.close()

    return add_rows


def drift(run_cli: Run, folder: Path, *arguments: str | Path) -> tuple[int, str]:
    done = run_cli("drift", "--history", "--data-dir", folder, *arguments)
    return done.returncode, done.stdout + done.stderr


def test_the_last_days_are_compared_with_the_days_before(run_cli: Run, tmp_path: Path, add: Add) -> None:
    add(rows(400, 1), 20, 0)
    add(rows(200, 2), 1, 1000)
    assert drift(run_cli, tmp_path, "--days", "3")[0] == 0
    add(rows(200, 3, new=0.5), 0, 2000)
    code, words = drift(run_cli, tmp_path, "--days", "3")
    assert code == 5
    assert "score changed in 2026-05-10" in words
    assert "changed in 2026-05-09" not in words
    assert "(2 periods)" in words


def test_pictures_that_are_judged_again_keep_their_day_and_count_once(run_cli: Run, tmp_path: Path, add: Add) -> None:
    old, new = rows(300, 1, new=0.5), rows(300, 2)
    add(old, 20, 0)
    add(new, 0, 1000)
    assert drift(run_cli, tmp_path, "--days", "1")[0] == 5
    add(rows(300, 1), 0, 0, model="2")
    add(new, 0, 1000, model="2")
    code, words = drift(run_cli, tmp_path, "--days", "1", "--json")
    assert code == 0
    assert '"reference": 300, "periods": {"2026-05-10": 300}' in words


def test_a_history_without_earlier_pictures_is_an_error(run_cli: Run, tmp_path: Path, add: Add) -> None:
    assert "the history of the server is empty" in drift(run_cli, tmp_path)[1]
    add(rows(20, 1), 0, 0)
    code, words = drift(run_cli, tmp_path)
    assert code == 2
    assert "no pictures from before the last 7 days" in words


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name the findings of scans, or pass --history"),
        (("a.csv", "--history"), "name the findings of scans, or pass --history"),
        (("a.csv",), "name the findings of the reference period: --reference FINDINGS"),
    ],
)
def test_findings_or_the_history_must_be_named(run_cli: Run, arguments: tuple[str, ...], message: str) -> None:
    assert run_cli("drift", *arguments).stderr == f"unmask: {message}\n"
