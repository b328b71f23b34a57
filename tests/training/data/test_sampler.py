from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.datasets import LabeledImage
from unmask.datasets.labeled_image import ClassName
from unmask.errors import TrainingError
from unmask.training.config import DataConfig
from unmask.training.data.sampler import EpochSampler, apportion, systematic_sample


def items(**counts: int) -> list[LabeledImage]:
    """`a_real=3` gives three real images of source `a`."""
    found = []
    for name, count in counts.items():
        source, label = name.split("_")
        kind: ClassName = "real" if label == "real" else "fake"
        found += [LabeledImage(Path(f"{name}{index}"), kind, "train", source) for index in range(count)]
    return found


POOL = items(a_real=10, a_fake=90, b_real=300, b_fake=100)


def counts_of(sampler: EpochSampler, epoch: int = 0) -> Counter[tuple[str, str]]:
    drawn = (sampler.items[sample.index] for sample in sampler.epoch(epoch))
    return Counter((item.source, item.label) for item in drawn)


def test_sources_and_classes_have_equal_counts() -> None:
    sampler = EpochSampler(POOL, DataConfig(per_epoch=400), 0.0, 20, 1)
    assert set(counts_of(sampler).values()) == {100}


def test_shares_weight_sources_and_keep_classes_equal() -> None:
    sampler = EpochSampler(POOL, DataConfig(per_epoch=400, shares={"a": 3.0}), 0.0, 20, 1)
    assert counts_of(sampler) == {("a", "real"): 150, ("a", "fake"): 150, ("b", "real"): 50, ("b", "fake"): 50}


def test_a_source_of_one_class_keeps_the_classes_equal() -> None:
    sampler = EpochSampler(items(a_real=50, a_fake=50, c_fake=50), DataConfig(per_epoch=200), 0.0, 20, 1)
    assert counts_of(sampler) == {("a", "real"): 100, ("a", "fake"): 50, ("c", "fake"): 50}


def test_class_balance_and_no_balance() -> None:
    classes = counts_of(EpochSampler(POOL, DataConfig(per_epoch=400, balance="class"), 0.0, 20, 1))
    assert sum(count for (_, label), count in classes.items() if label == "fake") == 200
    assert counts_of(EpochSampler(POOL, DataConfig(balance="none"), 0.0, 20, 1)) == Counter(
        (item.source, item.label) for item in POOL
    )


def test_pseudo_fakes_are_made_from_real_images() -> None:
    sampler = EpochSampler(POOL, DataConfig(per_epoch=400), 0.5, 20, 1)
    made = [sample for sample in sampler.epoch(0) if sample.pseudo_fake]
    assert len(made) == 100
    assert {sampler.items[sample.index].label for sample in made} == {"real"}


def test_every_source_has_the_same_number_of_pseudo_fakes() -> None:
    pool = [item for item in POOL if (item.source, item.label) != ("a", "fake")]
    samples = EpochSampler(pool, DataConfig(per_epoch=400), 0.5, 20, 1).epoch(0)
    made = Counter(pool[sample.index].source for sample in samples if sample.pseudo_fake)
    assert made == {"a": 50, "b": 50}
    assert sum(pool[sample.index].label == "fake" for sample in samples) == 100, "the other half of the fakes"
    assert len(samples) == 400


def test_a_pseudo_fake_is_followed_by_its_original_of_the_same_serial() -> None:
    samples = EpochSampler(POOL, DataConfig(per_epoch=400), 0.5, 20, 1).epoch(0)
    places = [place for place, sample in enumerate(samples) if sample.pseudo_fake]
    originals = [samples[place + 1] for place in places]
    assert [(original.index, original.serial) for original in originals] == [
        (samples[p].index, samples[p].serial) for p in places
    ]
    assert all(each.paired and not each.pseudo_fake for each in originals)
    assert sum(sample.paired for sample in samples) == 2 * len(places)


def test_pairs_keep_the_balance() -> None:
    sampler = EpochSampler(POOL, DataConfig(per_epoch=400), 0.7, 20, 1)
    classes = Counter((POOL[d.index].source, d.pseudo_fake or POOL[d.index].label == "fake") for d in sampler.epoch(0))
    assert set(classes.values()) == {100}


def test_images_are_sampled_by_weight() -> None:
    pool = [*items(a_real=2), LabeledImage(Path("w"), "fake", "train", "a", weight=3.0), *items(a_fake=1)]
    counts = Counter(sample.index for sample in EpochSampler(pool, DataConfig(per_epoch=80), 0.0, 8, 1).epoch(0))
    assert counts == {0: 20, 1: 20, 2: 30, 3: 10}


def test_an_epoch_starts_at_any_step_and_is_divided_between_devices() -> None:
    sampler = EpochSampler(POOL, DataConfig(per_epoch=64), 0.3, 16, 7)
    whole = list(sampler.batches(3))
    assert list(sampler.batches(3, 2)) == whole[2:]
    halves = [list(sampler.batches(3, 0, rank, 2)) for rank in range(2)]
    for index, batch in enumerate(whole):
        assert sorted(sample.serial for half in halves for sample in half[index]) == sorted(
            sample.serial for sample in batch
        )


def test_second_views_follow_their_sample_on_the_same_device() -> None:
    sampler = EpochSampler(POOL, DataConfig(per_epoch=64), 0.3, 16, 7, two_views=True)
    samples = sampler.epoch(0)
    assert len(samples) == 64
    assert [replace(sample, second_view=True) for sample in samples[::2]] == samples[1::2]
    assert not any(sample.second_view for sample in samples[::2])
    for half in (sampler.batches(0, 0, rank, 2) for rank in range(2)):
        for batch in half:
            assert len(batch) == 8
            assert [sample.serial for sample in batch[::2]] == [sample.serial for sample in batch[1::2]]


def test_epochs_differ_and_serials_never_repeat() -> None:
    sampler = EpochSampler(POOL, DataConfig(per_epoch=64), 0.0, 16, 7)
    assert [sample.index for sample in sampler.epoch(0)] != [sample.index for sample in sampler.epoch(1)]
    serials = [sample.serial for epoch in range(3) for sample in sampler.epoch(epoch)]
    assert serials == list(range(3 * 64))


def test_a_missing_class_is_an_error() -> None:
    with pytest.raises(TrainingError, match="no fake pictures"):
        EpochSampler(items(a_real=3), DataConfig(), 0.0, 2, 1).epoch(0)


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=9), st.integers(0, 500))
def test_apportioned_counts_sum_to_the_total_and_round_the_quotas(quotas: list[float], total: int) -> None:
    counts = apportion(np.array(quotas), total)
    assert counts.sum() == total
    assert np.all(np.abs(counts - np.array(quotas) / sum(quotas) * total) < 1 + 1e-6)


@given(st.integers(1, 40), st.integers(0, 200), st.integers(0, 9))
def test_systematic_sampling_with_equal_weights_is_even(size: int, count: int, seed: int) -> None:
    chosen = systematic_sample(np.arange(size), np.ones(size), count, np.random.default_rng(seed))
    times = np.bincount(chosen, minlength=size)
    assert times.sum() == count
    assert times.max() - times.min() <= 1
