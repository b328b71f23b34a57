"""Near-duplicate search: difference hashes, and all pairs of hashes within a Hamming radius.

A difference hash has one bit for each cell of a 16×16 grid: whether the image gets brighter to the right. Re-encoding
and scaling change few bits (N. Krawetz, "Kind of Like That", 2013). Two images are near duplicates if their hashes
differ in at most 20 of 256 bits.

The search uses the pigeonhole principle, as in M. Norouzi et al., "Fast Search in Hamming Space with Multi-Index
Hashing" (CVPR 2012): hashes that differ in at most 20 bits are equal in at least one of any 21 parts, so only hashes
that share a part are compared.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.images import Picture

BITS, RADIUS = 256, 20
THUMBNAIL = 64
"""Minimum longer side, in pixels, of the decoded image for mean colors and difference hashes."""
_SIDE = 16
_CHUNK = 1 << 20
_KEY_BITS = 62
"""Largest number of bits of a key; it holds part of the bits if a part is longer, which only adds candidates."""
_POPCOUNT = np.array([value.bit_count() for value in range(256)], np.uint8)

Hashes = NDArray[np.uint8]
"""Difference hashes, `[N, 32]`: 256 bits each."""


def thumbnail(picture: Picture) -> Image.Image:
    """The image in RGB, decoded at about the size that mean colors and difference hashes need."""
    return picture.rgb(THUMBNAIL / max(picture.width, picture.height))


def difference_hash(image: Image.Image) -> Hashes:
    """The 256-bit difference hash of an image, `[32]`."""
    gray = np.asarray(image.convert("L").resize((_SIDE + 1, _SIDE), Image.Resampling.BOX), np.int16)
    return np.packbits(gray[:, 1:] > gray[:, :-1])


def close_pairs(hashes: Hashes, radius: int = RADIUS) -> NDArray[np.int64]:
    """Finds all pairs of hashes that differ in at most `radius` bits.

    Equal hashes are paired only with their first occurrence, and only the first is compared with other hashes: a
    thousand blank images give 999 pairs, not half a million.

    Args:
        hashes: `[N, 32]`.
        radius: largest Hamming distance of a pair.

    Returns:
        `[M, 2]`, each pair once, the smaller index first, sorted.
    """
    distinct, first, copies = np.unique(hashes, axis=0, return_index=True, return_inverse=True)
    leader = first[copies.ravel()]
    index = np.arange(len(hashes))
    found = [np.stack([leader, index], axis=1)[leader != index]]
    for keys in _part_keys(distinct, radius):
        for pairs in _equal_key_pairs(keys):
            close = _distances(distinct[pairs[:, 0]], distinct[pairs[:, 1]]) <= radius
            found.append(np.sort(first[pairs[close]], axis=1))
    return np.unique(np.concatenate(found), axis=0)


def find_close(hashes: Hashes, known: Hashes, radius: int = RADIUS) -> NDArray[np.bool_]:
    """Finds the hashes that differ from at least one known hash in at most `radius` bits.

    Args:
        hashes: `[N, 32]`.
        known: `[M, 32]`.
        radius: largest Hamming distance.

    Returns:
        `[N]`.
    """
    close = np.zeros(len(hashes), bool)
    for keys, known_keys in zip(_part_keys(hashes, radius), _part_keys(known, radius), strict=True):
        order = np.argsort(known_keys, kind="stable")
        ordered = known_keys[order]
        starts, ends = (np.searchsorted(ordered, keys, side=side) for side in ("left", "right"))
        for own, place in _expanded(starts, ends - starts):
            close[own[_distances(hashes[own], known[order[place]]) <= radius]] = True
    return close


def _part_keys(hashes: Hashes, radius: int) -> Iterator[NDArray[np.int64]]:
    """For each of `radius + 1` parts of the hashes, numbers `[N]` that are equal if the bits of the part are.

    A part has bits from all over the image, because neighboring bits are correlated and would give few distinct keys.
    """
    bits = np.unpackbits(hashes, axis=1)
    for first in range(radius + 1):
        part = bits[:, first :: radius + 1][:, :_KEY_BITS]
        yield part @ (1 << np.arange(part.shape[1], dtype=np.int64))


def _distances(left: Hashes, right: Hashes) -> NDArray[np.int64]:
    """Hamming distance of each pair of rows, `[N]`."""
    return np.asarray(_POPCOUNT[left ^ right].sum(axis=1, dtype=np.int64))


def _equal_key_pairs(keys: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Pairs of rows with equal keys, in chunks that fit into memory."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    ends = np.searchsorted(ordered, ordered, side="right")
    following = np.arange(1, len(ordered) + 1)
    for first, second in _expanded(following, ends - following):
        yield np.stack([order[first], order[second]], axis=1)


def _expanded(
    starts: NDArray[np.int64], counts: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Pairs of each row i and the `counts[i]` numbers from `starts[i]` on, in chunks of about `_CHUNK`."""
    before = np.concatenate([[0], np.cumsum(counts)])
    start = 0
    while start < len(counts):
        stop = max(start + 1, int(np.searchsorted(before, before[start] + _CHUNK, side="right")) - 1)
        first = np.repeat(np.arange(start, stop), counts[start:stop])
        step = np.arange(len(first)) - np.repeat(before[start:stop] - before[start], counts[start:stop])
        yield first, starts[first] + step
        start = stop


def connected_components(size: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Connected components of a graph, by union-find.

    Args:
        size: number of nodes N.
        pairs: edges, `[M, 2]`.

    Returns:
        `[N]`: the smallest node of each node's component.
    """
    parent = np.arange(size)

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = int(parent[node])
        return node

    for left, right in pairs.tolist():
        low, high = sorted((root(left), root(right)))
        parent[high] = low
    return np.array([root(node) for node in range(size)], np.int64)


def merge_groups(groups: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Merges groups that are connected by a pair of images.

    Args:
        groups: `[N]`, numbered from 0.
        pairs: `[M, 2]`, indices of near duplicates.
    """
    return connected_components(int(groups.max(initial=-1)) + 1, groups[pairs])[groups]
