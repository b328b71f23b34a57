from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from unmask.preprocessing import Box
from unmask.training.config import PseudoFakeConfig
from unmask.training.data.pseudo_fakes import make_fake, self_blend, swap, upsample

BOX: Box = (140.0, 40.0, 150.0, 180.0)


@pytest.fixture
def face(portrait: Image.Image) -> tuple[Image.Image, Box]:
    return portrait, BOX


@pytest.fixture
def donor(portrait: Image.Image) -> tuple[Image.Image, Box]:
    """The same face, flipped, darker and half as large."""
    small = portrait.transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((256, 256)).point(lambda value: value * 0.7)
    x, y, w, h = BOX
    return small, ((512 - x - w) / 2, y / 2, w / 2, h / 2)


def changed(before: Image.Image, after: Image.Image) -> np.ndarray:
    return np.abs(np.asarray(before, float) - np.asarray(after, float)).max(axis=2) > 0


def outside(where: np.ndarray) -> np.ndarray:
    """True beyond the face box enlarged by a quarter on each side."""
    x, y, w, h = BOX
    mask = np.ones_like(where)
    mask[max(0, int(y - h / 4)) : int(y + 5 * h / 4) + 1, max(0, int(x - w / 4)) : int(x + 5 * w / 4) + 1] = False
    return mask


@pytest.mark.parametrize("seed", range(4))
def test_a_swap_changes_the_face_and_leaves_the_rest(
    face: tuple[Image.Image, Box], donor: tuple[Image.Image, Box], seed: int
) -> None:
    fake = swap(face, donor, np.random.default_rng(seed))
    where = changed(face[0], fake)
    assert fake.size == face[0].size
    assert where[~outside(where)].mean() > 0.01
    assert not where[outside(where)].any()


def test_a_blend_changes_the_face_or_its_surroundings(face: tuple[Image.Image, Box]) -> None:
    around = []
    for seed in range(10):
        where = changed(face[0], self_blend(face, np.random.default_rng(seed)))
        assert where[~outside(where)].mean() > 0.01
        around.append(where[outside(where)].mean())
    assert 0 < sum(share == 0 for share in around) < 10


def test_a_swap_has_the_colors_of_the_image(face: tuple[Image.Image, Box], donor: tuple[Image.Image, Box]) -> None:
    x, y, w, h = (round(value) for value in BOX)
    crop = (x + w // 4, y + h // 4, x + 3 * w // 4, y + 3 * h // 4)
    original = np.asarray(face[0].crop(crop), float)
    gaps = [
        abs(np.asarray(swap(face, donor, np.random.default_rng(seed)).crop(crop), float).mean() - original.mean())
        for seed in range(8)
    ]
    raw = abs(original.mean() * 0.7 - original.mean())
    assert np.median(gaps) < raw / 2


def test_the_seed_determines_the_fake(face: tuple[Image.Image, Box], donor: tuple[Image.Image, Box]) -> None:
    for seed in range(4):
        config = PseudoFakeConfig(share=1)
        one, two = (make_fake(face, lambda: donor, config, np.random.default_rng(seed)) for _ in range(2))
        assert one.tobytes() == two.tobytes()
        assert changed(face[0], one).any()


def test_kinds_of_frequency_zero_are_not_made(face: tuple[Image.Image, Box]) -> None:
    def refuse() -> tuple[Image.Image, Box]:
        raise AssertionError("no donor is needed")

    for seed in range(10):
        make_fake(face, refuse, PseudoFakeConfig(share=1, swap=0), np.random.default_rng(seed))


def test_faces_at_the_border_and_tiny_faces_are_accepted(portrait: Image.Image) -> None:
    for box in ((0.0, 0.0, 512.0, 512.0), (500.0, 500.0, 12.0, 12.0), (-5.0, -5.0, 30.0, 30.0)):
        for seed in range(4):
            rng = np.random.default_rng(seed)
            for fake in (self_blend((portrait, box), rng), swap((portrait, box), (portrait, BOX), rng)):
                assert fake.size == portrait.size
        assert upsample((portrait, box), np.random.default_rng(1)).size == portrait.size
