from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from unmask.datasets.near_duplicates import close_pairs, connected_components, difference_hash, find_close


def distances(hashes: np.ndarray) -> np.ndarray:
    bits = np.unpackbits(hashes, axis=1).astype(int)
    return (bits[:, None, :] != bits[None, :, :]).sum(axis=2)


@pytest.mark.parametrize("radius", [0, 3, 20, 60])
def test_search_equals_a_comparison_of_all_pairs(radius: int) -> None:
    rng = np.random.default_rng(radius)
    hashes = rng.integers(0, 256, (300, 32), np.uint8)
    for index in range(150, 300):
        flips = np.zeros(256, np.uint8)
        flips[rng.choice(256, int(rng.integers(0, 2 * radius + 2)), replace=False)] = 1
        hashes[index] = hashes[index - 150] ^ np.packbits(flips)
    wanted = np.argwhere(np.triu(distances(hashes) <= radius, k=1))
    assert np.array_equal(close_pairs(hashes, radius), wanted)
    assert len(wanted) > 20


@pytest.mark.parametrize("radius", [0, 3, 20, 60])
def test_known_hashes_are_found_as_by_comparing_all(radius: int) -> None:
    rng = np.random.default_rng(radius)
    known = rng.integers(0, 256, (80, 32), np.uint8)
    hashes = rng.integers(0, 256, (150, 32), np.uint8)
    for index in range(100):
        flips = np.zeros(256, np.uint8)
        flips[rng.choice(256, int(rng.integers(0, 2 * radius + 2)), replace=False)] = 1
        hashes[index] = known[index % 80] ^ np.packbits(flips)
    wanted = (distances(np.concatenate([hashes, known]))[:150, 150:] <= radius).any(axis=1)
    assert np.array_equal(find_close(hashes, known, radius), wanted)
    assert 20 < wanted.sum() < 150
    assert not find_close(hashes, known[:0], radius).any()


def test_search_without_hashes() -> None:
    assert close_pairs(np.empty((0, 32), np.uint8)).shape == (0, 2)


def test_equal_hashes_are_paired_with_their_first() -> None:
    hashes = np.zeros((500, 32), np.uint8)
    hashes[499, 0] = 1
    pairs = close_pairs(hashes)
    assert len(pairs) == 499
    assert set(connected_components(500, pairs).tolist()) == {0}


def test_components_join_chains() -> None:
    assert connected_components(6, np.array([[4, 5], [0, 2], [2, 4]])).tolist() == [0, 1, 0, 3, 0, 0]


def test_hash_survives_re_encoding() -> None:
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 255, (9, 9, 3), np.uint8)).resize((300, 300), Image.Resampling.BICUBIC)
    data = io.BytesIO()
    image.resize((160, 160)).save(data, "JPEG", quality=40)
    other = Image.fromarray(rng.integers(0, 255, (9, 9, 3), np.uint8)).resize((300, 300), Image.Resampling.BICUBIC)
    hashes = np.stack([difference_hash(picture) for picture in (image, Image.open(data), other)])
    apart = distances(hashes)
    assert apart[0, 1] <= 20 < 80 < apart[0, 2]
