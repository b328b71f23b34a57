"""Training of the face detector: geometry, scenes, targets, loss, resuming, export. Needs torch, no data."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.random import Generator
from PIL import Image, ImageDraw

torch = pytest.importorskip("torch")

from research.face_detector.annotated_images import AnnotatedImage, background_region  # noqa: E402
from research.face_detector.export import KEY, export  # noqa: E402
from research.face_detector.loop import FaceDetectorConfig, train_face_detector  # noqa: E402
from research.face_detector.losses import detection_loss  # noqa: E402
from research.face_detector.network import FaceDetectorNet, decode, grid  # noqa: E402
from research.face_detector.scene_builder import SceneBuilder  # noqa: E402
from research.face_detector.scenes import Scene, SceneComposer  # noqa: E402
from research.face_detector.set_threshold import set_threshold  # noqa: E402
from research.face_detector.similarity import SimilarityTransform, warp  # noqa: E402
from research.face_detector.targets import assign_targets  # noqa: E402
from unmask.errors import TrainingError  # noqa: E402
from unmask.runtime import open_session  # noqa: E402
from unmask.training.engine.checkpoint import Checkpoint  # noqa: E402


@pytest.fixture(scope="module")
def picture() -> AnnotatedImage:
    """A drawn head at 100..160 × 80..160 with five dots as landmarks."""
    image = Image.new("RGB", (256, 256), (40, 90, 60))
    draw = ImageDraw.Draw(image)
    draw.ellipse((100, 80, 160, 160), fill=(220, 180, 150))
    points = [(115, 110), (145, 110), (130, 125), (118, 140), (142, 140)]
    for x, y in points:
        draw.ellipse((x - 2, y - 2, x + 2, y + 2), fill=(255, 0, 0))
    row = np.array([[100, 80, 60, 80, 0.9, *np.array(points).reshape(-1)]], np.float32)
    return AnnotatedImage((image, *(image.reduce(factor) for factor in (2, 4, 8))), row)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("angle", [-0.6, 0.0, 0.4])
@pytest.mark.parametrize("scale", [0.4, 1.0, 2.0])
def test_boxes_and_landmarks_follow_pixels(picture: AnnotatedImage, scale: float, angle: float, mirror: bool) -> None:
    transform = SimilarityTransform(scale, angle, mirror, (130.0, 120.0), (150.0, 140.0))
    view = np.asarray(warp(picture, transform, (300, 280), (0, 0, 0))).astype(int)
    (face,) = transform.transform_faces(picture.faces)
    rows, columns = np.nonzero(view[:, :, 0] > 150)
    assert face[:4] == pytest.approx([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], abs=3)
    eyes = face[4:8].reshape(2, 2)
    assert eyes[0, 0] < eyes[1, 0]
    x, y = np.rint(eyes[0]).astype(int)
    assert view[y, x, 0] - view[y, x, 1] > 60


def test_a_covered_face_is_ignored_and_a_hidden_one_is_dropped(picture: AnnotatedImage) -> None:
    def wanted(cover: int) -> list[bool]:
        builder = SceneBuilder(Image.new("RGB", (256, 256)))
        faces = SimilarityTransform(1, 0, False, (0, 0), (0, 0)).transform_faces(picture.faces)
        builder.paste(picture.levels[0], (0, 0), faces, picture.faces[:, 4])
        builder.cover(Image.new("RGB", (60, cover)), (100, 80))
        return builder.labels()[1].tolist()

    assert [wanted(10), wanted(60), wanted(80)] == [[True], [False], []]


def test_background_regions_avoid_the_face(picture: AnnotatedImage) -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        region = background_region(picture, rng)
        if region is not None:
            x, y, w, h = region
            assert x + w <= 100 or x >= 160 or y + h <= 80 or y >= 160


def test_a_scene_depends_on_its_seed_alone(picture: AnnotatedImage) -> None:
    composer = SceneComposer([picture], side=128)
    for number in range(30):
        first, second = (composer.compose(np.random.default_rng((3, number))) for _ in range(2))
        assert np.array_equal(first.pixels, second.pixels)
        assert np.array_equal(first.faces, second.faces)
        assert first.faces.shape == (len(first.wanted), 14)


def test_every_wanted_face_has_cells_and_ignored_ones_are_not_counted() -> None:
    centers, strides = grid(256, 256)
    boxes = np.array([[10, 10, 26, 30], [60, 60, 120, 130], [-20, 40, 230, 300], [200, 10, 240, 50]], np.float32)
    faces = np.concatenate([boxes, np.zeros((4, 10), np.float32)], 1)
    wanted = np.array([True, True, True, False])
    targets = assign_targets(centers, strides, [(faces, wanted), (faces[:0], wanted[:0])])
    answered = {tuple(face[:4].tolist()) for face in targets.faces[0][targets.positive[0]]}
    assert answered == {tuple(box.tolist()) for box in boxes[:3]}
    inside = ((centers > torch.tensor([200, 10])) & (centers < torch.tensor([240, 50]))).all(1) & ~targets.positive[0]
    assert not targets.counted[0][inside].any()
    assert targets.counted[1].all()
    assert not targets.positive[1].any()


def test_a_few_steps_lower_the_loss(picture: AnnotatedImage) -> None:
    torch.manual_seed(0)
    composer = SceneComposer([picture], side=64)
    scenes = [composer.compose(np.random.default_rng((1, number))) for number in range(4)]
    pixels = torch.from_numpy(np.stack([scene.pixels for scene in scenes])).permute(0, 3, 1, 2).float() / 127.5 - 1
    centers, strides = grid(64, 64)
    targets = assign_targets(centers, strides, [(scene.faces, scene.wanted) for scene in scenes])
    net = FaceDetectorNet()
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    losses = []
    for _ in range(6):
        raw = net(pixels)
        assert decode(raw, centers, strides)[0].shape == (4, len(centers), 4)
        loss, _ = detection_loss(raw, targets, centers, strides)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.9 * losses[0]


class Interrupting(SceneComposer):
    """Raises KeyboardInterrupt at the scene of a number."""

    def __init__(self, images: list[AnnotatedImage], number: int) -> None:
        super().__init__(images, side=64)
        self.left = number

    def compose(self, rng: Generator) -> Scene:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().compose(rng)


def test_a_resumed_run_gives_the_same_network(picture: AnnotatedImage, tmp_path: Path) -> None:
    config = FaceDetectorConfig(steps=5, batch=2)

    def run(name: str, composer: SceneComposer, lines: list[str], *, resume: bool = False) -> dict[str, torch.Tensor]:
        checkpoint = Checkpoint(tmp_path / name, [], {"data": "drawn"}, seconds=0)
        return train_face_detector(composer, config, checkpoint, lines.append, resume=resume).state_dict()

    composer, lines = SceneComposer([picture], side=64), list[str]()
    whole = run("whole.pt", composer, lines)
    assert len(lines) == 1
    assert lines[0].startswith("step 5/5  score ")
    with pytest.raises(KeyboardInterrupt):
        run("last.pt", Interrupting([picture], 3 * config.batch), lines)
    resumed = run("last.pt", composer, lines, resume=True)
    assert lines[1] == "resuming at step 3 of 5"
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    again = run("last.pt", Interrupting([picture], 0), lines, resume=True)
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_a_checkpoint_of_other_data_is_not_resumed(picture: AnnotatedImage, tmp_path: Path) -> None:
    composer, config = SceneComposer([picture], side=64), FaceDetectorConfig(steps=1, batch=1)
    train_face_detector(composer, config, Checkpoint(tmp_path / "last.pt", [], {"data": "one"}), print)
    with pytest.raises(TrainingError, match="another data"):
        train_face_detector(composer, config, Checkpoint(tmp_path / "last.pt", [], {"data": "two"}), print, resume=True)


@pytest.mark.slow
def test_the_exported_file_agrees_and_takes_a_threshold(tmp_path: Path) -> None:
    torch.manual_seed(0)
    assert export(FaceDetectorNet(), tmp_path / "faces.onnx", {"name": "faces"}) < 0.02
    data = set_threshold((tmp_path / "faces.onnx").read_bytes(), 0.6, {"recall": 0.9})
    session = open_session(data, threads=1)
    assert json.loads(session.metadata[KEY]) == {"name": "faces", "threshold": 0.6, "figures": {"recall": 0.9}}
