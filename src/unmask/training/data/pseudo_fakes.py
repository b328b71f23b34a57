"""Pseudo-fakes: fakes made from real images during training.

Three kinds, each from real faces only:
    blend           a face blended into itself after slight changes of color, sharpness, size and position
                    (after Shiohara and Yamasaki, "Detecting Deepfakes with Self-Blended Images", CVPR 2022)
    swap            the face of another image, matched in size and color, blended in
                    (after Li et al., "Face X-ray for More General Face Forgery Detection", CVPR 2020)
    upsampling      the face downscaled and upsampled again as generators do
                    (after Zhang et al., "Detecting and Simulating Artifacts in GAN Fake Images", WIFS 2019)

Masks are soft and elastically deformed, and cover the whole face, its inner part, eyes, nose or mouth.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from unmask._encoding import reencode
from unmask.preprocessing import Box
from unmask.training.config import PseudoFakeConfig
from unmask.training.data.upsampling_artifacts import add_upsampling_artifacts

Pixels = NDArray[np.float32]
Face = tuple[Image.Image, Box]
"""An RGB image and its face box."""

REGIONS: dict[str, tuple[float, float, float, float]] = {
    # center x, center y, half width, half height, as shares of the face box
    "face": (0.50, 0.52, 0.50, 0.54),
    "inner": (0.50, 0.55, 0.36, 0.38),
    "eyes": (0.50, 0.40, 0.40, 0.14),
    "nose": (0.50, 0.57, 0.17, 0.17),
    "mouth": (0.50, 0.77, 0.27, 0.15),
}
REGION_ODDS = (0.42, 0.30, 0.10, 0.08, 0.10)


def make_fake(face: Face, donor: Callable[[], Face], config: PseudoFakeConfig, rng: Generator) -> Image.Image:
    """A pseudo-fake of the same size as the image.

    Args:
        face: the image to alter.
        donor: returns another real image; called only for a swap.
        config: frequency of each kind.
        rng: source of all random numbers.
    """
    odds = np.array([config.blend, config.swap, config.upsampling])
    kind = rng.choice(3, p=odds / odds.sum())
    if kind == 0:
        return self_blend(face, rng)
    return swap(face, donor(), rng) if kind == 1 else upsample(face, rng)


def degrade_globally(image: Image.Image, rng: Generator) -> Image.Image:
    """A real image degraded over its whole area as pasted faces are within their mask."""
    return _mismatch(image, rng, always=True)


def self_blend(face: Face, rng: Generator) -> Image.Image:
    """Self-blended image: the face, or its surroundings, is changed slightly and blended with the original."""
    image, box = face
    left, top, right, bottom = _enlarged_box(image, box)
    inserted = _jitter_position(image.crop((left, top, right, bottom)), rng)
    if rng.random() < 0.5:
        image = _mismatch(image, rng, always=True)
    else:
        inserted = _mismatch(inserted, rng, always=True)
    patch = image.crop((left, top, right, bottom))
    return _paste(image, (left, top), patch, inserted, _mask(patch.size, _relative(box, left, top), rng), rng)


def swap(face: Face, donor: Face, rng: Generator) -> Image.Image:
    """Face swap: the donor's face, matched in size and partly in color, blended in."""
    image, box = face
    left, top, right, bottom = _enlarged_box(image, box)
    patch = image.crop((left, top, right, bottom))
    target = _relative(box, left, top)
    placed = _fit(donor, target, patch.size, rng)
    placed = _match_color(placed, patch, target, rng.uniform(0.5, 1.0))
    if rng.random() < 0.6:
        placed = _mismatch(placed, rng, always=False)
    return _paste(image, (left, top), patch, placed, _mask(patch.size, target, rng), rng)


def upsample(face: Face, rng: Generator) -> Image.Image:
    """The whole image, or a soft part of the face, downscaled and upsampled."""
    image, box = face
    if rng.random() < 0.5:
        return _to_image(add_upsampling_artifacts(_to_pixels(image), rng))
    region = _enlarged_box(image, box)
    changed = image.copy()
    changed.paste(_to_image(add_upsampling_artifacts(_to_pixels(image.crop(region)), rng)), region[:2])
    return paste_region(face, changed, rng)


def paste_region(face: Face, changed: Image.Image, rng: Generator) -> Image.Image:
    """A soft part of the face taken from `changed`, an image of the same size."""
    image, box = face
    left, top, right, bottom = _enlarged_box(image, box)
    patch, above = (picture.crop((left, top, right, bottom)) for picture in (image, changed))
    return _paste(image, (left, top), patch, above, _mask(patch.size, _relative(box, left, top), rng), rng)


def _enlarged_box(image: Image.Image, box: Box) -> tuple[int, int, int, int]:
    """The face box enlarged by a quarter on every side, in whole pixels, clipped to the image."""
    x, y, w, h = box
    left, top = max(0, round(x - w / 4)), max(0, round(y - h / 4))
    right, bottom = min(image.width, round(x + w * 5 / 4)), min(image.height, round(y + h * 5 / 4))
    return left, top, max(right, left + 2), max(bottom, top + 2)


def _relative(box: Box, left: int, top: int) -> Box:
    return box[0] - left, box[1] - top, box[2], box[3]


def _mask(size: tuple[int, int], box: Box, rng: Generator) -> Pixels:
    """A soft, elastically deformed ellipse over a region of the face: `[height, width, 1]` in 0..1."""
    width, height = size
    center_x, center_y, half_width, half_height = REGIONS[str(rng.choice(list(REGIONS), p=REGION_ODDS))]
    x, y, w, h = box
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    columns = columns + _random_field(size, 0.09 * w, rng)
    rows = rows + _random_field(size, 0.09 * h, rng)
    growth = rng.uniform(0.85, 1.15, 2)
    across = (columns - x - center_x * w) / (half_width * w * growth[0])
    down = (rows - y - center_y * h) / (half_height * h * growth[1])
    radius = (np.abs(across) ** 2.4 + np.abs(down) ** 2.4) ** (1 / 2.4)
    softness = rng.uniform(0.04, 0.35)
    mask: Pixels = np.clip((1.0 - radius) / softness + 0.5, 0.0, 1.0)[..., None].astype(np.float32)
    return mask


def _random_field(size: tuple[int, int], strength: float, rng: Generator) -> Pixels:
    """A smooth random field: a 5×5 grid of normal values, upsampled."""
    coarse = rng.standard_normal((5, 5)).astype(np.float32) * strength
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC), np.float32)


def _mismatch(patch: Image.Image, rng: Generator, *, always: bool) -> Image.Image:
    """Random changes of color, sharpness, resolution and compression, as pasted faces have them."""
    steps = [_shift_color, _resharpen, _rescale, _recompress]
    chosen = [step for step in steps if rng.random() < 0.5]
    for step in chosen or ([steps[int(rng.integers(len(steps)))]] if always else []):
        patch = step(patch, rng)
    return patch


def _shift_color(patch: Image.Image, rng: Generator) -> Image.Image:
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
    return reencode(patch, "JPEG", quality=int(rng.integers(35, 90)))


def _jitter_position(patch: Image.Image, rng: Generator) -> Image.Image:
    """The patch shifted by up to 3 % and scaled by up to 4 %; the border is repeated."""
    dx, dy = rng.uniform(-0.03, 0.03, 2) * patch.size
    zoom_x, zoom_y = rng.uniform(0.96, 1.04, 2)
    x = patch.width / 2 * (1 - zoom_x) + dx
    y = patch.height / 2 * (1 - zoom_y) + dy
    edge = 2 + round(0.06 * max(patch.size))
    padded = _pad(patch, edge)
    region = (edge + x, edge + y, edge + x + patch.width * zoom_x, edge + y + patch.height * zoom_y)
    return padded.resize(patch.size, Image.Resampling.BICUBIC, box=region)


def _fit(donor: Face, target: Box, size: tuple[int, int], rng: Generator) -> Image.Image:
    """The donor's image, moved and scaled so that its face lies on `target`, cropped to `size`."""
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
    """The image with its border pixels repeated `edge` times on every side."""
    return Image.fromarray(np.pad(np.asarray(image), ((edge, edge), (edge, edge), (0, 0)), mode="edge"))


def _match_color(patch: Image.Image, target: Image.Image, box: Box, strength: float) -> Image.Image:
    """Mean and standard deviation of each channel within the face box moved toward those of the target."""
    x, y, w, h = (max(0, round(value)) for value in box)
    there = np.s_[y : y + max(h, 2), x : x + max(w, 2)]
    pixels, wanted = _to_pixels(patch), _to_pixels(target)[there]
    mean, spread = pixels[there].mean((0, 1)), pixels[there].std((0, 1)) + 1.0
    matched = (pixels - mean) / spread * (wanted.std((0, 1)) + 1.0) + wanted.mean((0, 1))
    return _to_image(pixels + np.float32(strength) * (matched - pixels))


def _paste(
    image: Image.Image, place: tuple[int, int], patch: Image.Image, changed: Image.Image, mask: Pixels, rng: Generator
) -> Image.Image:
    """The image with `changed` blended over `patch` by the mask, at a random opacity."""
    strength = np.float32(rng.choice([1.0, 1.0, 0.85, 0.65]))
    below, above = _to_pixels(patch), _to_pixels(changed)
    result = image.copy()
    result.paste(_to_image(below + mask * strength * (above - below)), place)
    return result


def _to_pixels(image: Image.Image) -> Pixels:
    return np.asarray(image, np.float32)


def _to_image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
