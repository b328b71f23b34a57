"""Scenes with known face boxes for `research.studies.face_detectors`: kinds seen in training and kinds that were not.

Every face was found by the reference face detector, with a score of at least 0.8, in an image of the `valid` split. If
a scene moves a face, its box is moved by the same transformation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import skimage.data
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from research.face_detector.annotated_images import AnnotatedImage, background_region
from research.face_detector.scene_builder import SceneBuilder
from research.face_detector.scenes import SceneComposer

SURE = 0.8
FACELESS = (
    "brick", "cell", "checkerboard", "chelsea", "clock", "coffee", "colorwheel", "grass", "gravel", "horse",
    "hubble_deep_field", "immunohistochemistry", "logo", "microaneurysms", "moon", "page", "retina", "rocket",
    "shepp_logan_phantom", "text",
)  # fmt: skip
"""Images bundled with scikit-image that show no human face. `coins` is not one of them: it shows portraits."""
Corners = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FaceScene:
    """A scene with its face boxes.

    Attributes:
        kind: name of the kind of scene.
        trained: True if scenes of this kind, made from other images, were used in training.
        image: the RGB image.
        faces: corner boxes `[n, 4]` of the faces that should be found.
        ignored: corner boxes `[m, 4]` in which a detection counts neither as right nor as wrong.
    """

    kind: str
    trained: bool
    image: Image.Image
    faces: Corners
    ignored: Corners


@dataclass(frozen=True, slots=True)
class SceneKind:
    """A kind of scene.

    Attributes:
        name: name of the kind.
        trained: True if scenes of this kind were used in training.
        make: returns an image, the boxes of its faces and the boxes to ignore.
        share: number of scenes of this kind, relative to the other kinds.
    """

    name: str
    trained: bool
    make: Callable[[list[AnnotatedImage], Generator], tuple[Image.Image, Corners, Corners]]
    share: float = 1.0


@cache
def bundled(name: str) -> NDArray[Any]:
    """An image, or a stack of images, bundled with scikit-image."""
    return np.asarray(getattr(skimage.data, name)())


def corners(rows: NDArray[np.float32], scale: float = 1.0) -> Corners:
    """Convert rows `[n, 15]` of the reference face detector to corner boxes `[n, 4]`."""
    return np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], 1) * np.float32(scale)


def build(album: list[AnnotatedImage], count: int, seed: int) -> Iterator[FaceScene]:
    """Make `count` scenes of every kind, times its share; the same seed gives the same scenes."""
    for kind in KINDS:
        for number in range(round(count * kind.share)):
            rng = np.random.default_rng((seed, sum(map(ord, kind.name)), number))
            image, faces, ignored = kind.make(album, rng)
            yield FaceScene(kind.name, kind.trained, image, faces, ignored)


def _pick(album: list[AnnotatedImage], rng: Generator) -> AnnotatedImage:
    return album[int(rng.integers(len(album)))]


def _split_by_score(picture: AnnotatedImage, scale: float = 1.0) -> tuple[Corners, Corners]:
    """Boxes of the faces with a score of at least `SURE`, and of the others."""
    sure = picture.faces[:, 4] >= SURE
    return corners(picture.faces[sure], scale), corners(picture.faces[~sure], scale)


def original(album: list[AnnotatedImage], rng: Generator) -> tuple[Image.Image, Corners, Corners]:
    """An unchanged image of 224 or 256 pixels."""
    picture = _pick(album, rng)
    return picture.levels[0], *_split_by_score(picture)


def composed(album: list[AnnotatedImage], rng: Generator) -> tuple[Image.Image, Corners, Corners]:
    """A scene as in training, composed of images that are not in the training split."""
    scene = SceneComposer(album).compose(rng)
    return Image.fromarray(scene.pixels), scene.faces[scene.wanted, :4], scene.faces[~scene.wanted, :4]


def people(album: list[AnnotatedImage], rng: Generator) -> tuple[Image.Image, Corners, Corners]:
    """A real photograph of several people, enlarged to 640 pixels."""
    several = [picture for picture in album if (picture.faces[:, 4] >= SURE).sum() >= 2]
    picture = _pick(several, rng)
    scale = 640 / max(picture.size)
    size = (round(picture.size[0] * scale), round(picture.size[1] * scale))
    return picture.levels[0].resize(size, Image.Resampling.BICUBIC), *_split_by_score(picture, scale)


def phone(album: list[AnnotatedImage], rng: Generator) -> tuple[Image.Image, Corners, Corners]:
    """A large image with one face that covers between a tenth and a half of its area."""
    picture = _pick(album, rng)
    size = (1600, 1200)
    x, y, w, h = picture.faces[picture.faces[:, 4].argmax(), :4]
    scale = np.sqrt(rng.uniform(0.1, 0.5) * size[0] * size[1] / (w * h))
    enlarged = picture.levels[0].resize((round(picture.size[0] * scale), round(picture.size[1] * scale)))
    middle = np.array([x + w / 2, y + h / 2]) * scale
    corner = (round(size[0] / 2 - middle[0]), round(size[1] * rng.uniform(0.4, 0.6) - middle[1]))
    canvas = SceneBuilder(photograph(size, rng))
    faces = np.concatenate([corners(picture.faces, float(scale)), np.zeros((len(picture.faces), 10))], 1)
    canvas.paste(enlarged, corner, faces.astype(np.float32), picture.faces[:, 4])
    return canvas.image, *_split(canvas)


def group(album: list[AnnotatedImage], rng: Generator) -> tuple[Image.Image, Corners, Corners]:
    """A group photo: two or three rows of people with shoulders, larger in front, heads in slight perspective."""
    canvas = SceneBuilder(photograph((640, 480), rng))
    rows = int(rng.integers(2, 4))
    for row in range(rows):
        face = rng.uniform(24, 46) * 1.45**row
        baseline = 480 * (0.25 + 0.6 * row / rows) + rng.uniform(-10, 10)
        spacing = face * rng.uniform(1.7, 2.3)
        for x in np.arange(rng.uniform(0.2, 1) * spacing, 640, spacing):
            middle = (x + rng.normal(0, face / 8), baseline + rng.normal(0, face / 5))
            _person(canvas, _pick(album, rng), middle, face * float(np.exp(rng.normal(0, 0.1))), rng)
    return canvas.image, *_split(canvas)


def occluded(album: list[AnnotatedImage], rng: Generator) -> tuple[Image.Image, Corners, Corners]:
    """A face enlarged 1 to 2.5 times, partly covered by sunglasses, a mask, a cap, fingers, a caption or a fence."""
    picture = _pick(album, rng)
    scale = rng.uniform(1.0, 2.5)
    image = picture.levels[0].resize((round(picture.size[0] * scale), round(picture.size[1] * scale)))
    sure, doubtful = _split_by_score(picture, scale)
    row = picture.faces[picture.faces[:, 4].argmax()]
    cover = COVERS[int(rng.integers(len(COVERS)))]
    cover(ImageDraw.Draw(image), row[:4] * scale, row[5:].reshape(5, 2) * scale, rng)
    return image, sure, doubtful


def tiny(_: list[AnnotatedImage], rng: Generator) -> tuple[Image.Image, Corners, Corners]:
    """A gray face of 25×25 pixels from scikit-image's excerpt of Labeled Faces in the Wild; it fills the image."""
    pixels = bundled("lfw_subset")[int(rng.integers(100))]
    image = Image.fromarray((pixels * 255).astype(np.uint8)).convert("RGB")
    return image, np.array([[2, 1, 23, 25]], np.float32), np.empty((0, 4), np.float32)


def faceless_tiny(_: list[AnnotatedImage], rng: Generator) -> tuple[Image.Image, Corners, Corners]:
    """A 25×25 non-face of the same excerpt."""
    pixels = bundled("lfw_subset")[100 + int(rng.integers(100))]
    return Image.fromarray((pixels * 255).astype(np.uint8)).convert("RGB"), *_no_faces()


def faceless_photograph(_: list[AnnotatedImage], rng: Generator) -> tuple[Image.Image, Corners, Corners]:
    """A random crop of a scikit-image photograph, drawing or micrograph."""
    return photograph((640, int(rng.integers(360, 641))), rng), *_no_faces()


def faceless_part(album: list[AnnotatedImage], rng: Generator) -> tuple[Image.Image, Corners, Corners]:
    """An enlarged part of a real photograph that contains no face."""
    while True:
        picture = _pick(album, rng)
        region = background_region(picture, rng)
        if region is not None and region[2] >= 64:
            x, y, w, h = region
            return picture.levels[0].resize(
                (384, 384), Image.Resampling.BICUBIC, box=(x, y, x + w, y + h)
            ), *_no_faces()


def _no_faces() -> tuple[Corners, Corners]:
    return np.empty((0, 4), np.float32), np.empty((0, 4), np.float32)


def _split(canvas: SceneBuilder) -> tuple[Corners, Corners]:
    faces, wanted = canvas.labels()
    return faces[wanted, :4], faces[~wanted, :4]


def photograph(size: tuple[int, int], rng: Generator) -> Image.Image:
    """A random crop of a scikit-image image without faces, scaled to `size`."""
    pixels = bundled(FACELESS[int(rng.integers(len(FACELESS)))])
    if pixels.dtype != np.uint8:
        pixels = (pixels.astype(float) / max(1.0, float(pixels.max())) * 255).astype(np.uint8)
    image = Image.fromarray(pixels).convert("RGB")
    share = rng.uniform(0.4, 1.0)
    width, height = image.width * share, image.height * share
    left, top = rng.uniform(0, image.width - width), rng.uniform(0, image.height - height)
    return image.resize(size, Image.Resampling.BICUBIC, box=(left, top, left + width, top + height))


def _person(
    canvas: SceneBuilder, picture: AnnotatedImage, middle: tuple[float, float], face: float, rng: Generator
) -> None:
    """Paste shoulders, and above them a head cut out of an image, in slight perspective."""
    color = tuple(int(value) for value in rng.integers(0, 256, 3))
    x, y = middle
    torso = Image.new("RGB", (round(face * 1.9), round(face * 4)), (color[0], color[1], color[2]))
    shoulders = Image.new("L", torso.size, 0)
    ImageDraw.Draw(shoulders).rounded_rectangle((0, 0, torso.width - 1, torso.height - 1), face * 0.6, fill=255)
    canvas.cover(torso, (round(x - torso.width / 2), round(y + face * 0.55)), shoulders)
    row = picture.faces[picture.faces[:, 4].argmax()]
    side = max(8, round(face * 1.6))
    quad, box = _perspective(row, side, face, rng)
    level = int(np.clip(np.log2(np.ptp(quad[:, 0]) / side), 0, 3))
    source = tuple((quad / 2**level).reshape(-1).tolist())
    head = picture.levels[level].transform((side, side), Image.Transform.QUAD, source, Image.Resampling.BICUBIC)
    mask = Image.new("L", (side, side), 0)
    ImageDraw.Draw(mask).ellipse((side * 0.12, side * 0.04, side * 0.88, side * 0.96), fill=255)
    soft = mask.filter(ImageFilter.GaussianBlur(side * 0.03))
    faces = np.concatenate([box, np.zeros(10)])[None].astype(np.float32)
    canvas.paste(head, (round(x - side / 2), round(y - side / 2)), faces, row[4:5], soft)


def _perspective(
    row: NDArray[np.float32], side: int, face: float, rng: Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Source corners of a head (upper left, lower left, lower right, upper right) and its face box in the view."""
    x, y, w, h = row[:4].astype(float)
    half = side / face * np.sqrt(w * h) / 2
    middle = np.array([x + w / 2, y + h / 2])
    quad = middle + half * (np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]]) + rng.uniform(-0.14, 0.14, (4, 2)))
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    rim = middle + np.stack([np.cos(turn) * w / 2, np.sin(turn) * h / 2], 1)
    seen = _invert_bilinear(quad, rim) * side
    return quad, np.concatenate([seen.min(0), seen.max(0)])


def _invert_bilinear(quad: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Invert the bilinear map from the unit square to `quad` at the given points (Newton's method)."""
    corner, down, right = quad[0], quad[1] - quad[0], quad[3] - quad[0]
    twist = quad[2] - quad[1] - quad[3] + quad[0]
    place = np.full_like(points, 0.5)
    for _ in range(8):
        u, v = place[:, :1], place[:, 1:]
        error = corner + u * right + v * down + u * v * twist - points
        jacobian = np.stack([right + v * twist, down + u * twist], -1)
        place = place - np.linalg.solve(jacobian, error[..., None])[..., 0]
    return place


Draw = ImageDraw.ImageDraw
Numbers = NDArray[np.float32]


def _glasses(draw: Draw, box: Numbers, points: Numbers, _: Generator) -> None:
    radius = float(box[2]) * 0.17
    for x, y in points[:2]:
        draw.ellipse((x - radius * 1.2, y - radius, x + radius * 1.2, y + radius), fill=(12, 12, 16))
    draw.line([tuple(map(float, point)) for point in points[:2]], fill=(12, 12, 16), width=max(1, int(radius / 4)))


def _mask(draw: Draw, box: Numbers, points: Numbers, rng: Generator) -> None:
    x, y, w, h = (float(value) for value in box)
    color = ((150, 190, 215), (240, 240, 240), (30, 30, 30))[int(rng.integers(3))]
    nose, chin = float(points[2, 1]) - 0.05 * h, y + 0.95 * h
    draw.polygon(
        [(x, nose), (x + w / 2, nose - 0.06 * h), (x + w, nose), (x + 0.8 * w, chin), (x + 0.2 * w, chin)],
        fill=color,
    )


def _cap(draw: Draw, box: Numbers, _: Numbers, rng: Generator) -> None:
    x, y, w, h = (float(value) for value in box)
    color = tuple(int(value) for value in rng.integers(0, 200, 3))
    draw.pieslice((x - 0.1 * w, y - 0.25 * h, x + 1.1 * w, y + 0.65 * h), 180, 360, fill=(color[0], color[1], color[2]))


def _fingers(draw: Draw, box: Numbers, _: Numbers, rng: Generator) -> None:
    x, y, w, h = (float(value) for value in box)
    top = y + h * rng.uniform(0.45, 0.7)
    for finger in range(4):
        low = top + finger * 0.09 * h
        draw.rounded_rectangle(
            (x - 0.3 * w, low, x + w * rng.uniform(0.4, 0.6), low + 0.08 * h), 0.04 * h, fill=(205, 160, 130)
        )


def _caption(draw: Draw, box: Numbers, _: Numbers, rng: Generator) -> None:
    x, y, w, h = (float(value) for value in box)
    top = y + h * rng.uniform(0.0, 0.8)
    draw.rectangle((x - w, top, x + 2 * w, top + 0.2 * h), fill=(255, 255, 255))
    draw.text((x, top), "WHO IS THIS?", fill=(0, 0, 0), font_size=max(6.0, 0.15 * h))


def _fence(draw: Draw, box: Numbers, _: Numbers, rng: Generator) -> None:
    x, y, w, h = (float(value) for value in box)
    for step in np.arange(-0.2, 1.3, rng.uniform(0.2, 0.4)):
        draw.line((x + step * w, y - h, x + step * w, y + 2 * h), fill=(70, 70, 70), width=max(1, int(0.04 * w)))


COVERS = (_glasses, _mask, _cap, _fingers, _caption, _fence)
KINDS = (
    SceneKind("original", True, original),
    SceneKind("composed", True, composed),
    SceneKind("people", False, people),
    SceneKind("phone", False, phone, 0.3),
    SceneKind("group", False, group, 0.5),
    SceneKind("occluded", False, occluded),
    SceneKind("tiny", False, tiny, 0.5),
    SceneKind("faceless photograph", False, faceless_photograph),
    SceneKind("faceless tiny", False, faceless_tiny, 0.5),
    SceneKind("faceless part", True, faceless_part),
)
"""All kinds. Of those without faces, only parts of other photographs occur in training."""
