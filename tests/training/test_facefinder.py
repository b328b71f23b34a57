"""How the face finder is taught: geometry, scenes, targets, loss. Needs torch, no data."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

torch = pytest.importorskip("torch")

from unmask.training.facefinder.album import Picture, Pose, faceless_region, render  # noqa: E402
from unmask.training.facefinder.canvas import Canvas  # noqa: E402
from unmask.training.facefinder.losses import finder_loss  # noqa: E402
from unmask.training.facefinder.network import FinderNet, decode, grid  # noqa: E402
from unmask.training.facefinder.scenes import Composer  # noqa: E402
from unmask.training.facefinder.targets import assign  # noqa: E402


@pytest.fixture(scope="module")
def picture() -> Picture:
    """A drawn head at 100..160 × 80..160 with five dots as landmarks."""
    image = Image.new("RGB", (256, 256), (40, 90, 60))
    draw = ImageDraw.Draw(image)
    draw.ellipse((100, 80, 160, 160), fill=(220, 180, 150))
    points = [(115, 110), (145, 110), (130, 125), (118, 140), (142, 140)]
    for x, y in points:
        draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=(255, 0, 0))
    row = np.array([[100, 80, 60, 80, 0.9, *np.array(points).reshape(-1)]], np.float32)
    return Picture((image, *(image.reduce(factor) for factor in (2, 4, 8))), row)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("angle", [-0.6, 0.0, 0.4])
@pytest.mark.parametrize("scale", [0.4, 1.0, 2.0])
def test_faces_go_where_their_pixels_go(picture: Picture, scale: float, angle: float, mirror: bool) -> None:
    pose = Pose(scale, angle, mirror, (130.0, 120.0), (150.0, 140.0))
    view = np.asarray(render(picture, pose, (300, 280), (0, 0, 0))).astype(int)
    (face,) = pose.place(picture.faces)
    rows, columns = np.nonzero(view[:, :, 0] > 150)
    assert face[:4] == pytest.approx([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], abs=3)
    eyes = face[4:8].reshape(2, 2)
    assert eyes[0, 0] < eyes[1, 0]
    x, y = np.rint(eyes[0]).astype(int)
    assert view[y, x, 0] - view[y, x, 1] > 60


def test_a_covered_face_is_ignored_and_a_hidden_one_is_gone(picture: Picture) -> None:
    def wanted(cover: int) -> list[bool]:
        canvas = Canvas(Image.new("RGB", (256, 256)))
        canvas.paste(
            picture.levels[0], (0, 0), Pose(1, 0, False, (0, 0), (0, 0)).place(picture.faces), picture.faces[:, 4]
        )
        canvas.cover(Image.new("RGB", (60, cover)), (100, 80))
        return canvas.labels()[1].tolist()

    assert [wanted(10), wanted(60), wanted(80)] == [[True], [False], []]


def test_faceless_regions_avoid_the_face(picture: Picture) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        region = faceless_region(picture, rng)
        if region is not None:
            x, y, w, h = region
            assert x + w <= 100 or x >= 160 or y + h <= 80 or y >= 160


def test_a_scene_depends_on_its_seed_alone(picture: Picture) -> None:
    composer = Composer([picture], side=128)
    for number in range(30):
        first, second = (composer.compose(np.random.default_rng((3, number))) for _ in range(2))
        assert np.array_equal(first.pixels, second.pixels)
        assert np.array_equal(first.faces, second.faces)
        assert first.faces.shape == (len(first.wanted), 14)


def test_every_wanted_face_has_cells_and_ignored_ones_are_not_counted() -> None:
    centres, strides = grid(256, 256)
    boxes = np.array([[10, 10, 26, 30], [60, 60, 120, 130], [-20, 40, 230, 300], [200, 10, 240, 50]], np.float32)
    faces = np.concatenate([boxes, np.zeros((4, 10), np.float32)], 1)
    targets = assign(centres, strides, [(faces, np.array([True, True, True, False])), (faces[:0], np.zeros(0, bool))])
    answered = {tuple(face[:4].tolist()) for face in targets.faces[0][targets.positive[0]]}
    assert answered == {tuple(box.tolist()) for box in boxes[:3]}
    inside = ((centres > torch.tensor([200, 10])) & (centres < torch.tensor([240, 50]))).all(1) & ~targets.positive[0]
    assert not targets.counted[0][inside].any()
    assert targets.counted[1].all()
    assert not targets.positive[1].any()


def test_a_few_steps_lower_the_loss(picture: Picture) -> None:
    torch.manual_seed(0)
    composer = Composer([picture], side=64)
    scenes = [composer.compose(np.random.default_rng((1, number))) for number in range(4)]
    pixels = torch.from_numpy(np.stack([scene.pixels for scene in scenes])).permute(0, 3, 1, 2).float() / 127.5 - 1
    centres, strides = grid(64, 64)
    targets = assign(centres, strides, [(scene.faces, scene.wanted) for scene in scenes])
    net = FinderNet()
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3)
    losses = []
    for _ in range(6):
        raw = net(pixels)
        assert decode(raw, centres, strides)[0].shape == (4, len(centres), 4)
        loss, _ = finder_loss(raw, targets, centres, strides)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]
