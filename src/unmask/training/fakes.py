"""Fakes made on the fly from real pictures, so that a detector learns what manipulation leaves behind.

Three kinds, each from real faces only:
    blend           a face blended into itself after slight changes of colour, sharpness, size and place
                    (after Shiohara and Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022)
    swap            another picture's face, brought to the size and the colours of this one, blended in
                    (after Li et al., "Face X-ray for More General Face Forgery Detection", CVPR 2020)
    resynthesis     the face scaled down and rebuilt by an up-sampler as generators use them
                    (after Zhang et al., "Detecting and Simulating Artifacts in GAN Fake Images", WIFS 2019)

Masks are soft, elastic and differ in reach: the whole face, its middle, its eyes or its mouth.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from unmask.preparing import Box
from unmask.training.recipe import SelfMade
from unmask.training.resynthesis import resynthesise

Pixels = NDArray[np.float32]
Face = tuple[Image.Image, Box]
"""An RGB picture and the box of its face."""

REGIONS: dict[str, tuple[float, float, float, float]] = {
    # centre x, centre y, half width, half height, as shares of the face box
    "face": (0.50, 0.52, 0.50, 0.54),
    "inner": (0.50, 0.55, 0.36, 0.38),
    "eyes": (0.50, 0.40, 0.40, 0.14),
    "nose": (0.50, 0.57, 0.17, 0.17),
    "mouth": (0.50, 0.77, 0.27, 0.15),
}
REGION_ODDS = (0.42, 0.30, 0.10, 0.08, 0.10)


def make_fake(face: Face, donor: Callable[[], Face], settings: SelfMade, rng: Generator) -> Image.Image:
    """A fake made from a real picture, of the same size.

    Args:
        face: the picture that is altered.
        donor: gives another real picture; called only for a swap.
        settings: how often each kind is made.
        rng: everything random.
    """
    odds = np.array([settings.blend, settings.swap, settings.resynthesis])
    kind = rng.choice(3, p=odds / odds.sum())
    if kind == 0:
        return self_blend(face, rng)
    return swap(face, donor(), rng) if kind == 1 else rebuild(face, rng)


def even_out(image: Image.Image, rng: Generator) -> Image.Image:
    """A real picture of the same size that has lost all over what a pasted face loses within its seam."""
    return _mismatch(image, rng, always=True)


def self_blend(face: Face, rng: Generator) -> Image.Image:
    """The face blended into itself; slight changes to it, or to all around it, leave seams and mismatches that tell."""
    image, box = face
    left, top, right, bottom = _around(image, box)
    inserted = _nudge(image.crop((left, top, right, bottom)), rng)
    if rng.random() < 0.5:
        image = _mismatch(image, rng, always=True)
    else:
        inserted = _mismatch(inserted, rng, always=True)
    patch = image.crop((left, top, right, bottom))
    return _paste(image, (left, top), patch, inserted, _mask(patch.size, _within(box, left, top), rng), rng)


def swap(face: Face, donor: Face, rng: Generator) -> Image.Image:
    """The donor's face in place of this one, brought to its size and, more or less, its colours."""
    image, box = face
    left, top, right, bottom = _around(image, box)
    patch = image.crop((left, top, right, bottom))
    target = _within(box, left, top)
    placed = _fit(donor, target, patch.size, rng)
    placed = _match_colours(placed, patch, target, rng.uniform(0.5, 1.0))
    if rng.random() < 0.6:
        placed = _mismatch(placed, rng, always=False)
    return _paste(image, (left, top), patch, placed, _mask(patch.size, target, rng), rng)


def rebuild(face: Face, rng: Generator) -> Image.Image:
    """The whole picture, or a soft part of it, rebuilt by an up-sampler."""
    image, box = face
    if rng.random() < 0.5:
        return _to_image(resynthesise(_to_pixels(image), rng))
    region = _around(image, box)
    changed = image.copy()
    changed.paste(_to_image(resynthesise(_to_pixels(image.crop(region)), rng)), region[:2])
    return paste_region(face, changed, rng)


def paste_region(face: Face, changed: Image.Image, rng: Generator) -> Image.Image:
    """A soft part of the face taken from `changed`, a picture of the same size; all else stays."""
    image, box = face
    left, top, right, bottom = _around(image, box)
    patch, above = (picture.crop((left, top, right, bottom)) for picture in (image, changed))
    return _paste(image, (left, top), patch, above, _mask(patch.size, _within(box, left, top), rng), rng)


def _around(image: Image.Image, box: Box) -> tuple[int, int, int, int]:
    """The face and a quarter of it on every side, in whole pixels inside the picture."""
    x, y, w, h = box
    left, top = max(0, round(x - w / 4)), max(0, round(y - h / 4))
    right, bottom = min(image.width, round(x + w * 5 / 4)), min(image.height, round(y + h * 5 / 4))
    return left, top, max(right, left + 2), max(bottom, top + 2)


def _within(box: Box, left: int, top: int) -> Box:
    return box[0] - left, box[1] - top, box[2], box[3]


def _mask(size: tuple[int, int], box: Box, rng: Generator) -> Pixels:
    """A soft, elastically deformed ellipse over a region of the face: `[height, width, 1]` in 0..1."""
    width, height = size
    centre_x, centre_y, half_width, half_height = REGIONS[str(rng.choice(list(REGIONS), p=REGION_ODDS))]
    x, y, w, h = box
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    columns = columns + _wobble(size, 0.09 * w, rng)
    rows = rows + _wobble(size, 0.09 * h, rng)
    growth = rng.uniform(0.85, 1.15, 2)
    across = (columns - x - centre_x * w) / (half_width * w * growth[0])
    down = (rows - y - centre_y * h) / (half_height * h * growth[1])
    radius = (np.abs(across) ** 2.4 + np.abs(down) ** 2.4) ** (1 / 2.4)
    softness = rng.uniform(0.04, 0.35)
    mask: Pixels = np.clip((1.0 - radius) / softness + 0.5, 0.0, 1.0)[..., None].astype(np.float32)
    return mask


def _wobble(size: tuple[int, int], strength: float, rng: Generator) -> Pixels:
    """A smooth random field: a few random values scaled up."""
    coarse = rng.standard_normal((5, 5)).astype(np.float32) * strength
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC), np.float32)


def _mismatch(patch: Image.Image, rng: Generator, *, always: bool) -> Image.Image:
    """What a pasted face brings along: other colours, sharpness, resolution or compression."""
    steps = [_recolour, _resharpen, _rescale, _recompress]
    chosen = [step for step in steps if rng.random() < 0.5]
    for step in chosen or ([steps[int(rng.integers(len(steps)))]] if always else []):
        patch = step(patch, rng)
    return patch


def _recolour(patch: Image.Image, rng: Generator) -> Image.Image:
    gain, shift = rng.uniform(0.92, 1.08, 3).astype(np.float32), rng.uniform(-8, 8, 3).astype(np.float32)
    return _to_image(_to_pixels(patch) * gain + shift)


def _resharpen(patch: Image.Image, rng: Generator) -> Image.Image:
    if rng.random() < 0.5:
        return patch.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.4)))
    return patch.filter(ImageFilter.UnsharpMask(radius=rng.uniform(1, 2.5), percent=int(rng.integers(40, 160))))


def _rescale(patch: Image.Image, rng: Generator) -> Image.Image:
    factor = rng.uniform(0.35, 0.85)
    small = max(2, round(patch.width * factor)), max(2, round(patch.height * factor))
    down, up = rng.choice([Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS], 2)
    return patch.resize(small, Image.Resampling(down)).resize(patch.size, Image.Resampling(up))


def _recompress(patch: Image.Image, rng: Generator) -> Image.Image:
    buffer = io.BytesIO()
    patch.save(buffer, "JPEG", quality=int(rng.integers(35, 90)))
    return Image.open(buffer).convert("RGB")


def _nudge(patch: Image.Image, rng: Generator) -> Image.Image:
    """Moved by up to 3 % and scaled by up to 4 %; beyond the border its edge is repeated."""
    dx, dy = rng.uniform(-0.03, 0.03, 2) * patch.size
    zoom_x, zoom_y = rng.uniform(0.96, 1.04, 2)
    x = patch.width / 2 * (1 - zoom_x) + dx
    y = patch.height / 2 * (1 - zoom_y) + dy
    edge = 2 + round(0.06 * max(patch.size))
    padded = _pad(patch, edge)
    region = (edge + x, edge + y, edge + x + patch.width * zoom_x, edge + y + patch.height * zoom_y)
    return padded.resize(patch.size, Image.Resampling.BICUBIC, box=region)


def _fit(donor: Face, target: Box, size: tuple[int, int], rng: Generator) -> Image.Image:
    """The donor's picture, moved and scaled so that its face lies on `target`, cut to `size`."""
    image, (x, y, w, h) = donor
    if rng.random() < 0.5:
        image, x = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), image.width - x - w
    scale_x, scale_y = w / target[2], h / target[3]
    edge = round(0.3 * max(w, h))
    image = _pad(image, edge)
    left, top = x + edge - target[0] * scale_x, y + edge - target[1] * scale_y
    coefficients = (scale_x, 0.0, left, 0.0, scale_y, top)
    shrink = max(scale_x, scale_y)
    if shrink > 1.5:
        image = image.filter(ImageFilter.GaussianBlur(shrink / 3))
    return image.transform(size, Image.Transform.AFFINE, coefficients, Image.Resampling.BICUBIC)


def _pad(image: Image.Image, edge: int) -> Image.Image:
    """The picture with its outermost pixels repeated `edge` times on every side."""
    return Image.fromarray(np.pad(np.asarray(image), ((edge, edge), (edge, edge), (0, 0)), mode="edge"))


def _match_colours(patch: Image.Image, target: Image.Image, box: Box, strength: float) -> Image.Image:
    """Mean and spread of each colour within the face box moved towards the target's."""
    x, y, w, h = (max(0, round(value)) for value in box)
    there = np.s_[y : y + max(h, 2), x : x + max(w, 2)]
    pixels, wanted = _to_pixels(patch), _to_pixels(target)[there]
    mean, spread = pixels[there].mean((0, 1)), pixels[there].std((0, 1)) + 1.0
    matched = (pixels - mean) / spread * (wanted.std((0, 1)) + 1.0) + wanted.mean((0, 1))
    return _to_image(pixels + np.float32(strength) * (matched - pixels))


def _paste(
    image: Image.Image, place: tuple[int, int], patch: Image.Image, changed: Image.Image, mask: Pixels, rng: Generator
) -> Image.Image:
    """The picture with `changed` over `patch` where the mask says, seldom fully opaque."""
    strength = np.float32(rng.choice([1.0, 1.0, 0.85, 0.65]))
    below, above = _to_pixels(patch), _to_pixels(changed)
    result = image.copy()
    result.paste(_to_image(below + mask * strength * (above - below)), place)
    return result


def _to_pixels(image: Image.Image) -> Pixels:
    return np.asarray(image, np.float32)


def _to_image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
