"""LayerNorm tuning: shards, weights in parts, the tower, and one run on a tiny random one. Needs torch, no data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from research.gpu.augment import augment
from research.gpu.clip_vit import Shape, Tower, round_to_integers
from research.gpu.clip_weights import Arrays, parts, read_parts
from research.gpu.shards import Crop, decode, encode, read_shard, split_by_size, write_shard
from research.gpu.tune_norms import TuningSettings, areas, run

TINY = Shape(width=16, layers=1, heads=2, patch=8, size=32, out=8)


def crops(count: int) -> list[Crop]:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 32, 32, 3)).astype(np.uint8)
    return [Crop(encode(image), index % 2 == 0, "ab"[index // 2 % 2]) for index, image in enumerate(images)]


def test_a_shard_gives_back_its_crops(tmp_path: Path) -> None:
    written = crops(8)
    write_shard(tmp_path / "shard.npz", written)
    assert read_shard(tmp_path / "shard.npz") == written


def test_shards_keep_their_size_and_all_crops() -> None:
    written = crops(8)
    limit = 3 * max(len(crop.jpeg) for crop in written)
    shards = list(split_by_size(written, limit))
    assert len(shards) > 1
    assert [crop for shard in shards for crop in shard] == written
    assert all(sum(len(crop.jpeg) for crop in shard) <= limit for shard in shards)


def test_a_matrix_is_scaled_and_turned(tmp_path: Path) -> None:
    arrays: Arrays = {
        "a.weight.int8": np.array([[1, 2], [3, 4], [5, 6]], np.int8),
        "a.weight.scale": np.array([1.0, 0.5], np.float32),
        "b": np.ones(3, np.float32),
    }
    for number, part in enumerate(parts(arrays, limit=12)):
        np.savez(tmp_path / f"tower-{number}.npz", allow_pickle=False, **part)
    found = read_parts(sorted(tmp_path.glob("*.npz")))
    assert found.keys() == {"a.weight", "b"}
    np.testing.assert_array_equal(found["a.weight"], [[1, 3, 5], [1, 2, 3]])


def test_rounding_keeps_zero_and_is_fine() -> None:
    values = torch.randn(2, 3, 4)
    values[:, 0, 0] = 0
    rounded = round_to_integers(values)
    assert (rounded[:, 0, 0] == 0).all()
    assert (rounded - values).abs().max() < (values.max() - values.min()) / 255


def test_augmented_images_are_images() -> None:
    images = torch.rand(6, 3, 32, 32)
    changed = augment(images)
    assert changed.shape == images.shape
    assert 0 <= changed.min() <= changed.max() <= 1


def test_a_source_without_real_pictures_is_compared_with_all() -> None:
    pictures = decode(
        [
            Crop(encode(np.zeros((8, 8, 3), np.uint8)), fake, name)
            for fake, name in ((True, "a"), (False, "a"), (True, "b"), (False, "c"))
        ],
        1,
    )
    found = areas(np.array([1.0, 0.0, 0.5, 0.7]), pictures)
    assert found == {"a": 1.0, "b": 0.5, "mean": 0.75, "all": 0.75}


def test_a_run_changes_the_norms_and_only_them(tmp_path: Path) -> None:
    torch.manual_seed(0)
    before = {name: value.numpy() for name, value in Tower(TINY).state_dict().items()}
    np.savez(tmp_path / "tower-00.npz", allow_pickle=False, **before)
    for name in ("train-00", "held", "dev"):
        write_shard(tmp_path / f"{name}.npz", crops(12))
    metrics = run(tmp_path, tmp_path / "run", TuningSettings(epochs=2, batch=8), "cpu", TINY)
    with np.load(tmp_path / "run/norms.npz") as norms:
        assert set(norms.files) == {name for name in before if "norm" in name}
        assert any((norms[name] != before[name].astype(np.float16)).any() for name in norms.files)
    assert metrics["steps"] == 3
    assert metrics.keys() >= {"frozen, held", "tuned, dev"}
