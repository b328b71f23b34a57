from __future__ import annotations

from pathlib import Path

import pytest

from tests.datasets.made import item, make
from unmask.datasets import LabeledImage, mix
from unmask.errors import DatasetError, UsageError


def test_digest_depends_on_content_only() -> None:
    one, two = item(1), item(2, "fake")
    moved = LabeledImage(Path("/elsewhere/1.jpg"), "real", None, "s", name=one.name)
    assert make(one, two).sha256 == make(two, moved).sha256
    assert make(one, two).sha256 != make(one, item(2, "real")).sha256
    assert make(one, two).sha256 != make(one, item(2, "fake", split="train")).sha256


def test_where_takes_values_and_collections() -> None:
    dataset = make(item(1), item(2, "fake"), item(3, source="t"), item(4, split="train"))
    assert len(dataset.where(label="real", source="s")) == 2
    assert len(dataset.where(source=("s", "t"))) == 4
    assert [one.name for one in dataset.subset("train")] == ["s/4.jpg"]
    assert len(dataset.subset(None)) == 3


def test_pictures_without_a_group_form_their_own() -> None:
    dataset = make(item(1, group="a"), item(2, group=None), item(3, group="a"), item(4, group=None))
    assert dataset.groups.tolist() == [0, 1, 0, 2]


def test_mix_weights_are_independent_of_size() -> None:
    small, big = make(*map(item, range(10)), name="small"), make(*map(item, range(90)), name="big")
    mixed = mix([(small, 3), (big, 1)])
    drawn = {name: sum(one.weight for one in mixed if one.name.startswith(name)) for name in ("small", "big")}
    assert drawn["small"] == pytest.approx(3 * drawn["big"])
    assert sum(drawn.values()) == pytest.approx(100)
    assert len(set(mixed.groups.tolist())) == 100
    assert mixed.name == "small+big"


def test_mixing_parts_of_one_set_keeps_its_groups() -> None:
    whole = make(item(1, source="a", group="g"), item(2, source="b", group="g"))
    mixed = mix([(whole.where(source="a"), 1), (whole.where(source="b"), 1)])
    assert set(mixed.groups.tolist()) == {0}


def test_mix_numbers_datasets_of_one_name() -> None:
    here, there = (
        make(LabeledImage(Path(f"/{place}/1.jpg"), "real", None, "s", group="g", name="1.jpg")) for place in "ab"
    )
    mixed = mix([(here, 1), (there, 1)])
    assert [one.name for one in mixed] == ["made-1/1.jpg", "made-2/1.jpg"]
    assert len(set(mixed.groups.tolist())) == 2
    assert mixed.name == "made"


def test_invalid_mixes_raise() -> None:
    with pytest.raises(UsageError):
        mix([])
    with pytest.raises(UsageError):
        mix([(make(item(1)), 0)])
    with pytest.raises(DatasetError):
        mix([(make(item(1)), 1), (make(), 1)])
