from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unmask.datasets import Dataset
from unmask.preparing import Box
from unmask.training.loading import Lessons
from unmask.training.recipe import Recipe
from unmask.training.sampling import Draw

BOX: Box = (140.0, 40.0, 150.0, 180.0)


@pytest.fixture
def lessons(portrait: Image.Image, tmp_path: Path) -> Lessons:
    """The bundled portrait twice, real, and blended only."""
    for name, image in (("Real/a.png", portrait), ("Real/b.png", portrait.rotate(3)), ("Fake/c.png", portrait)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        image.save(tmp_path / name)
    dataset = Dataset.from_folder(tmp_path)
    settings = {"share": 0.5, "blend": 1.0, "swap": 0.0, "resynthesis": 0.0}
    recipe = Recipe.load("tiny", preparation={"size": 128}, fakes=settings)
    return Lessons(dataset, {item.name: BOX for item in dataset}, recipe)


@pytest.mark.parametrize("serial", range(6))
def test_a_self_made_fake_and_its_original_differ_in_the_manipulation_alone(lessons: Lessons, serial: int) -> None:
    index = next(place for place, item in enumerate(lessons.dataset) if item.label == "real")
    fake, one = lessons[Draw(index, serial, self_made=True, paired=True)]
    real, zero = lessons[Draw(index, serial, paired=True)]
    assert (one, zero) == (1.0, 0.0)
    apart = np.abs(fake.astype(float) - real).mean()
    other, _ = lessons[Draw(index, serial + 100, paired=True)]
    assert 0.1 < apart < np.abs(other.astype(float) - real).mean()


def test_an_original_may_lose_all_over_what_a_pasted_face_loses(lessons: Lessons) -> None:
    settings = replace(lessons.recipe.fakes, even=1.0)
    even = replace(lessons, recipe=replace(lessons.recipe, fakes=settings))
    index = next(place for place, item in enumerate(lessons.dataset) if item.label == "real")
    for serial in range(4):
        draw = Draw(index, serial, paired=True)
        (plain, _), (lost, label) = lessons[draw], even[draw]
        assert label == 0.0
        assert np.abs(plain.astype(float) - lost).mean() > 0.2
        fake = replace(draw, self_made=True)
        assert np.array_equal(lessons[fake][0], even[fake][0])
        alone = replace(draw, paired=False)
        assert np.array_equal(lessons[alone][0], even[alone][0])


def test_a_twin_shows_the_same_picture_under_other_chance(lessons: Lessons) -> None:
    draw = Draw(0, 5, paired=True)
    first, one = lessons[draw]
    second, other = lessons[replace(draw, twin=True)]
    assert one == other
    assert not np.array_equal(first, second)


def test_a_draw_gives_the_same_pixels_every_time(lessons: Lessons) -> None:
    draw = Draw(0, 5, paired=True)
    assert np.array_equal(lessons[draw][0], lessons[draw][0])
