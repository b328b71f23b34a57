from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.datasets import Item
from unmask.datasets.item import ClassName
from unmask.errors import TrainingError
from unmask.training.recipe import Data
from unmask.training.sampling import Plan, apportion, pick


def items(**counts: int) -> list[Item]:
    """`a_real=3` gives three real pictures of source `a`."""
    found = []
    for name, count in counts.items():
        source, label = name.split("_")
        kind: ClassName = "real" if label == "real" else "fake"
        found += [Item(Path(f"{name}{index}"), kind, "train", source) for index in range(count)]
    return found


POOL = items(a_real=10, a_fake=90, b_real=300, b_fake=100)


def shown(plan: Plan, epoch: int = 0) -> Counter[tuple[str, str]]:
    drawn = (plan.items[draw.index] for draw in plan.epoch(epoch))
    return Counter((item.source, item.label) for item in drawn)


def test_sources_and_classes_get_equal_room() -> None:
    plan = Plan(POOL, Data(per_epoch=400), 0.0, 20, 1)
    assert set(shown(plan).values()) == {100}


def test_shares_weigh_sources_and_leave_classes_equal() -> None:
    plan = Plan(POOL, Data(per_epoch=400, shares={"a": 3.0}), 0.0, 20, 1)
    assert shown(plan) == {("a", "real"): 150, ("a", "fake"): 150, ("b", "real"): 50, ("b", "fake"): 50}


def test_a_source_of_one_class_does_not_tip_the_balance() -> None:
    plan = Plan(items(a_real=50, a_fake=50, c_fake=50), Data(per_epoch=200), 0.0, 20, 1)
    assert shown(plan) == {("a", "real"): 100, ("a", "fake"): 50, ("c", "fake"): 50}


def test_class_balance_ignores_sources_and_none_ignores_everything() -> None:
    classes = shown(Plan(POOL, Data(per_epoch=400, balance="class"), 0.0, 20, 1))
    assert sum(count for (_, label), count in classes.items() if label == "fake") == 200
    assert shown(Plan(POOL, Data(balance="none"), 0.0, 20, 1)) == Counter((item.source, item.label) for item in POOL)


def test_self_made_fakes_are_drawn_from_real_pictures_of_the_source() -> None:
    plan = Plan(POOL, Data(per_epoch=400), 0.5, 20, 1)
    made = [draw for draw in plan.epoch(0) if draw.self_made]
    assert len(made) == 100
    assert {plan.items[draw.index].label for draw in made} == {"real"}


def test_a_source_without_fakes_has_as_many_made_from_it_as_any_other() -> None:
    pool = [item for item in POOL if (item.source, item.label) != ("a", "fake")]
    draws = Plan(pool, Data(per_epoch=400), 0.5, 20, 1).epoch(0)
    made = Counter(pool[draw.index].source for draw in draws if draw.self_made)
    assert made == {"a": 50, "b": 50}
    assert sum(pool[draw.index].label == "fake" for draw in draws) == 100, "the other half of the fakes"
    assert len(draws) == 400


def test_a_self_made_fake_is_followed_by_its_original_under_the_same_seed() -> None:
    draws = Plan(POOL, Data(per_epoch=400), 0.5, 20, 1).epoch(0)
    places = [place for place, draw in enumerate(draws) if draw.self_made]
    twins = [draws[place + 1] for place in places]
    assert [(twin.index, twin.serial) for twin in twins] == [(draws[p].index, draws[p].serial) for p in places]
    assert all(twin.paired and not twin.self_made for twin in twins)
    assert sum(draw.paired for draw in draws) == 2 * len(places)


def test_pairs_keep_sources_and_classes_in_balance() -> None:
    plan = Plan(POOL, Data(per_epoch=400), 0.7, 20, 1)
    classes = Counter((POOL[d.index].source, d.self_made or POOL[d.index].label == "fake") for d in plan.epoch(0))
    assert set(classes.values()) == {100}


def test_weights_decide_how_often_a_picture_is_drawn() -> None:
    pool = [*items(a_real=2), Item(Path("w"), "fake", "train", "a", weight=3.0), *items(a_fake=1)]
    counts = Counter(draw.index for draw in Plan(pool, Data(per_epoch=80), 0.0, 8, 1).epoch(0))
    assert counts == {0: 20, 1: 20, 2: 30, 3: 10}


def test_an_epoch_can_be_entered_anywhere_and_shared_between_devices() -> None:
    plan = Plan(POOL, Data(per_epoch=64), 0.3, 16, 7)
    whole = list(plan.batches(3))
    assert list(plan.batches(3, 2)) == whole[2:]
    halves = [list(plan.batches(3, 0, rank, 2)) for rank in range(2)]
    for index, batch in enumerate(whole):
        assert sorted(draw.serial for half in halves for draw in half[index]) == sorted(draw.serial for draw in batch)


def test_twins_follow_their_draw_and_stay_on_its_device() -> None:
    plan = Plan(POOL, Data(per_epoch=64), 0.3, 16, 7, twins=True)
    draws = plan.epoch(0)
    assert len(draws) == 64
    assert [replace(draw, twin=True) for draw in draws[::2]] == draws[1::2]
    assert not any(draw.twin for draw in draws[::2])
    for half in (plan.batches(0, 0, rank, 2) for rank in range(2)):
        for batch in half:
            assert len(batch) == 8
            assert [draw.serial for draw in batch[::2]] == [draw.serial for draw in batch[1::2]]


def test_epochs_differ_and_serials_never_repeat() -> None:
    plan = Plan(POOL, Data(per_epoch=64), 0.0, 16, 7)
    assert [draw.index for draw in plan.epoch(0)] != [draw.index for draw in plan.epoch(1)]
    serials = [draw.serial for epoch in range(3) for draw in plan.epoch(epoch)]
    assert serials == list(range(3 * 64))


def test_a_missing_class_is_said() -> None:
    with pytest.raises(TrainingError, match="no fake pictures"):
        Plan(items(a_real=3), Data(), 0.0, 2, 1).epoch(0)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=9), st.integers(0, 500))
def test_apportioning_adds_up_and_stays_near(rooms: list[float], total: int) -> None:
    counts = apportion(np.array(rooms), total)
    assert counts.sum() == total
    assert np.all(np.abs(counts - np.array(rooms) / sum(rooms) * total) < 1 + 1e-6)


@given(st.integers(1, 40), st.integers(0, 200), st.integers(0, 9))
def test_picking_is_even(size: int, count: int, seed: int) -> None:
    chosen = pick(np.arange(size), np.ones(size), count, np.random.default_rng(seed))
    times = np.bincount(chosen, minlength=size)
    assert times.sum() == count
    assert times.max() - times.min() <= 1
