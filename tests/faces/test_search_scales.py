import numpy as np
import pytest
from PIL import Image

from unmask.faces.search_scales import BORDER, LARGE, STRIDE, make_search_scales


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (4000, 3000), (224, 224), (161, 160), (640, 641), (33, 2)])
def test_every_size_gives_valid_model_input(size: tuple[int, int]) -> None:
    for part in make_search_scales(Image.new("RGB", size)):
        _, height, width, channels = part.pixels.shape
        assert (height % STRIDE, width % STRIDE, channels) == (0, 0, 3)
        assert max(height, width) <= LARGE + 2 * BORDER + STRIDE


def test_large_pictures_are_searched_twice_and_small_ones_once() -> None:
    assert len(make_search_scales(Image.new("RGB", (4000, 3000)))) == 2
    assert len(make_search_scales(Image.new("RGB", (100, 160)))) == 1


def test_points_are_converted_back_to_picture_coordinates() -> None:
    image = Image.new("RGB", (1280, 960))
    image.paste((255, 0, 0), (640, 480, 680, 520))
    for part in make_search_scales(image):
        rows, columns = np.nonzero((part.pixels[0, :, :, 0] > 200) & (part.pixels[0, :, :, 1] < 60))
        middle = np.array([[columns.mean() + 0.5, rows.mean() + 0.5]], np.float32)
        assert part.to_picture(middle)[0] == pytest.approx([660, 500], abs=8)
