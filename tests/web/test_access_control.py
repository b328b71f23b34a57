"""How many pictures a key may send."""

from __future__ import annotations

import pytest

from unmask.web.access_control import LOCAL_OWNER, RateLimiter
from unmask.web.errors import RateLimited


def test_a_bucket_is_refilled_evenly_and_never_beyond_its_size() -> None:
    rates = RateLimiter(60)
    rates.spend("desk", 60, now=0.0)
    with pytest.raises(RateLimited):
        rates.spend("desk", 1, now=0.5)
    rates.spend("desk", 10, now=10.0)
    with pytest.raises(RateLimited):
        rates.spend("desk", 61, now=9999.0)
    rates.spend("other", 60, now=0.0)


def test_a_job_larger_than_the_bucket_is_let_in_and_paid_for_afterwards() -> None:
    rates = RateLimiter(60)
    for number in range(150):
        rates.spend("desk", 1, begun=number > 0, now=0.0)
    with pytest.raises(RateLimited):
        rates.spend("desk", 1, now=90.0)
    rates.spend("desk", 1, now=91.0)


@pytest.mark.parametrize(("per_minute", "owner"), [(0, "desk"), (1, LOCAL_OWNER)])
def test_without_a_limit_or_a_key_nothing_is_counted(per_minute: int, owner: str) -> None:
    RateLimiter(per_minute).spend(owner, 1000)
