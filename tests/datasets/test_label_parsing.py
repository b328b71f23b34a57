from __future__ import annotations

import pytest

from unmask.datasets.label_parsing import class_of, split_of


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Real", "real"),
        ("0_real", "real"),
        ("1_fake", "fake"),
        ("authentic", "real"),
        ("deepfake", "fake"),
        ("training_real", "real"),
        ("RealFaces", "real"),
        ("realfaces", "real"),
        ("FAKE images", "fake"),
        ("Celeb-synthesis", "fake"),
        ("YouTube-real", "real"),
        ("AI", "fake"),
        ("AIgenerated", "fake"),
        ("FaceSwap", "fake"),
        ("REALfaces", "real"),
        ("UnReal", None),
        ("AIGC", "fake"),
        ("nature", "real"),
        ("bona-fide", "real"),
        ("real_vs_fake", None),
        ("not_real", None),
        ("unreal", None),
        ("realistic", None),
        ("0", None),
        ("1", None),
        ("", None),
    ],
)
def test_class_names(name: str, label: str | None) -> None:
    assert class_of(name) == label


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Train", "train"),
        ("Validation", "valid"),
        ("val", "valid"),
        ("Test", "test"),
        ("train_test", None),
        ("x", None),
    ],
)
def test_split_names(name: str, split: str | None) -> None:
    assert split_of(name) == split
