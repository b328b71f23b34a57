"""The store: migrations, claims, keys, and unusable databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tests.web.postgres import Postgres
from unmask.errors import UsageError
from unmask.verdict import Failure, Finding
from unmask.web.store import Store, jobs, keys
from unmask.web.store.tables import Base, new_id

FAILURE = Failure("x", "y")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A new, empty database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'new.db'}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.url(f"store_{new_id()}")
    opened = Store.open(url)
    yield opened
    opened.close()


def accept_job(store: Store, names: list[str]) -> str:
    job = new_id()
    store.write(jobs.accept, job, "me", "here", [jobs.JobItem(name) for name in names], {})
    return job


def test_the_tables_equal_those_of_the_migrations(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_an_item_is_claimed_once_and_in_order(store: Store) -> None:
    accept_job(store, ["a", "b"])
    claims = [store.write(jobs.claim, "here", "run", 60.0) for _ in range(3)]
    assert [claim.name if claim else None for claim in claims] == ["a", "b", None]
    assert store.write(jobs.claim, "elsewhere", "run", 60.0) is None


def test_items_of_an_earlier_run_or_an_expired_lease_are_claimed_again(store: Store) -> None:
    accept_job(store, ["a"])
    assert store.write(jobs.claim, "here", "first", 60.0)
    assert store.write(jobs.claim, "here", "second", -1.0)
    assert store.write(jobs.claim, "here", "second", 60.0)
    assert store.write(jobs.claim, "here", "second", 60.0) is None


def test_an_item_that_crashes_the_server_is_claimed_at_most_three_times(store: Store) -> None:
    accept_job(store, ["a"])
    claims = [store.write(jobs.claim, "here", f"run {number}", 60.0) for number in range(jobs.MAX_ATTEMPTS + 1)]
    assert [claim.exhausted for claim in claims if claim] == [False] * jobs.MAX_ATTEMPTS + [True]


def test_a_finding_is_stored_once_and_the_last_finding_ends_the_job(store: Store) -> None:
    job = accept_job(store, ["a", "b"])
    first, second = (store.write(jobs.claim, "here", "run", 60.0) for _ in range(2))
    assert first is not None
    assert second is not None
    assert store.write(jobs.finish, first, Finding("a", FAILURE), kept=False) is False
    store.write(jobs.finish, first, Finding("a", Failure("other", "late")), kept=False)
    assert store.write(jobs.finish, second, Finding("b", FAILURE), kept=False) is True
    found = store.read(jobs.results, "me", job, 0, 10)
    assert (found["state"], found["done"]) == ("done", 2)
    assert found["results"][0]["problem"]["code"] == "x"


def test_a_key_is_stored_as_a_digest_and_can_be_revoked(store: Store) -> None:
    key = store.write(keys.add, "desk")
    owner = store.read(keys.owner_of, key)
    assert owner is not None
    assert key not in str(store.read(keys.list_keys))
    with pytest.raises(UsageError, match="already"):
        store.write(keys.add, "desk")
    store.write(keys.revoke, "desk")
    assert store.read(keys.owner_of, key) is None
    with pytest.raises(UsageError, match="no key named"):
        store.write(keys.revoke, "desk")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "database_url"),
        ("oracle9://x", "database_url"),
        ("postgresql://nobody@127.0.0.1:1/x", "does not respond"),
        ("sqlite:////proc/nowhere/x.db", "cannot be written"),
    ],
)
def test_an_unusable_database_is_a_one_line_error(url: str, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        Store.open(url)
    assert "\n" not in caught.value.message
