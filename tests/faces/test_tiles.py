from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image

from unmask import open_image, preprocessing
from unmask._encoding import encode_image
from unmask.faces import FaceDetector, smallest_face
from unmask.faces.search_scales import BORDER, STRIDE
from unmask.faces.tiles import OVERLAP, SIDE, make_tiles
from unmask.preprocessing import MAX_SEARCH_PIXELS, search_scale

FACE = (175.0, 65.0, 96.0, 129.0)
"""Reference box in the astronaut picture: x, y, width, height."""


@pytest.fixture(scope="module")
def faces() -> FaceDetector:
    return FaceDetector.load(threads=1)


def scene(portrait: Image.Image, size: tuple[int, int], side: float, places: list[tuple[int, int]]) -> Image.Image:
    """A gray picture with the head of the portrait, `side` pixels high, centered at each place."""
    factor = side / FACE[3]
    x, y, w, h = FACE
    head = portrait.crop((round(x - w / 2), round(y - h / 2), round(x + 1.5 * w), round(y + 1.5 * h)))
    head = head.resize((round(head.width * factor), round(head.height * factor)), Image.Resampling.LANCZOS)
    image = Image.new("RGB", size, (110, 120, 125))
    for left, top in places:
        image.paste(head, (left - head.width // 2, top - head.height // 2))
    return image


@pytest.mark.parametrize("size", [(1, 1), (224, 224), (1280, 1280), (1280, 7)])
def test_pictures_of_up_to_1280_pixels_have_no_tiles(size: tuple[int, int]) -> None:
    assert list(make_tiles(Image.new("RGB", size), size)) == []
    assert search_scale(*size) == 640 / max(size)


@pytest.mark.parametrize("size", [(1281, 900), (4032, 3024), (20000, 1000), (1, 30000), (9000, 6000)])
def test_tiles_cover_every_point_once_per_level(size: tuple[int, int]) -> None:
    tiles = list(make_tiles(Image.new("RGB", size), size))
    points = np.random.default_rng(0).uniform(0, 1, (200, 2)) * size
    boxes = np.concatenate([points, points], 1).astype(np.float32)
    scales = {round(tile.threshold_scale, 6) for tile in tiles}
    for scale in scales:
        level = [tile.owns(boxes) for tile in tiles if round(tile.threshold_scale, 6) == scale]
        assert (np.stack(level).sum(axis=0) == 1).all()
    assert max(scales) == pytest.approx(search_scale(*size), abs=1e-6)


@pytest.mark.parametrize("size", [(4032, 3024), (20000, 1000), (5000, 20)])
def test_tiles_are_valid_model_input_of_bounded_size(size: tuple[int, int]) -> None:
    for tile in make_tiles(Image.new("RGB", size), size):
        _, height, width, channels = tile.pixels.shape
        assert (height % STRIDE, width % STRIDE, channels) == (0, 0, 3)
        assert max(height, width) <= SIDE + 2 * BORDER + STRIDE
        assert tile.sides[1] <= OVERLAP


def test_searched_pixels_grow_with_the_picture_up_to_the_limit() -> None:
    def searched(width: int, height: int) -> int:
        tiles = make_tiles(Image.new("RGB", (width, height)), (width, height))
        return sum(tile.pixels.shape[1] * tile.pixels.shape[2] for tile in tiles)

    twelve, fifty, hundred = searched(4000, 3000), searched(8660, 5774), searched(12000, 8300)
    assert 3e6 <= twelve <= 6e6
    assert 3.5 <= fifty / twelve <= 5.5
    assert hundred <= 2 * MAX_SEARCH_PIXELS


@pytest.mark.parametrize(
    ("size", "pixels"),
    [((100, 100), 13 / 1.6), ((640, 480), 13), ((1280, 960), 26), ((4032, 3024), 26), ((20000, 1000), 26)],
)
def test_smallest_face_in_pixels(size: tuple[int, int], pixels: float) -> None:
    assert smallest_face(*size) == pytest.approx(pixels)


def test_beyond_the_limit_the_smallest_face_is_larger() -> None:
    assert smallest_face(12000, 8000) == pytest.approx(13 / np.sqrt(MAX_SEARCH_PIXELS / 96e6))


def test_faces_of_45_pixels_are_found_in_twelve_megapixels(faces: FaceDetector, portrait: Image.Image) -> None:
    places = [(300, 300), (2016, 1512), (3900, 2900), (1730, 800), (900, 2500)]
    image = scene(portrait, (4032, 3024), 45, places)
    found = [face.box for face in faces.find(image)]
    assert len(found) == len(places)
    for x, y in places:
        assert any(abs(left + w / 2 - x) < 15 and abs(top + h / 2 - y) < 15 for left, top, w, h in found)
    with patch.object(preprocessing, "SEARCH_SCALE", 0.0):
        assert faces.find(image) == []


@pytest.mark.parametrize("side", [60, 200, 420, 800])
def test_faces_of_every_size_are_found_in_a_panorama(faces: FaceDetector, portrait: Image.Image, side: int) -> None:
    image = scene(portrait, (20000, 1000), side, [(7777, 500)])
    (face,) = faces.find(image)
    assert abs(face.box[0] + face.box[2] / 2 - 7777) < side / 4


def test_a_face_at_the_border_of_a_tile_is_found_once(faces: FaceDetector, portrait: Image.Image) -> None:
    size = (2400, 1000)
    edges = sorted({tile.offset[0] for tile in make_tiles(Image.new("RGB", size), size)})
    for x in (round(edges[1]) - 40, round(edges[1]), round(edges[1]) + 130):
        assert len(faces.find(scene(portrait, size, 70, [(x, 500)]))) == 1


def test_a_jpeg_is_decoded_at_half_size_and_its_boxes_are_in_full_pixels(
    faces: FaceDetector, portrait: Image.Image
) -> None:
    data = encode_image(scene(portrait, (3000, 2000), 60, [(2500, 400)]), "JPEG", quality=92)
    picture = open_image(data)
    (face,) = faces.find_faces(picture)
    assert picture.rgb(0.1).size == (1500, 1000)
    assert abs(face.box[0] + face.box[2] / 2 - 2500) < 15
    assert abs(face.landmarks[2][0] - 2500) < 15
