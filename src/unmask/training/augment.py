"""Augmentation: what cameras, messengers and editors do to a picture, done to both classes alike.

Framing first (a jittered square around the face), then degradation at the crop's own resolution
(scaling, JPEG, WebP, blur, noise), then colour. Everything is drawn from one seeded generator.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

from unmask.preparing import FILTERS, Box, cut, square_around
from unmask.training.filming import film
from unmask.training.reading import require

FRAMING = "flip", "tilt", "cutout"
TREATING = "smooth", "harsh", "pristine", "resize", "video", "jpeg", "webp", "blur", "noise", "colour"


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Probabilities and ranges of each step; ranges are uniform, `margin` and `scale` in the logarithm.

    Attributes:
        margin: range of the crop's side as a multiple of the face box's longer side.
        shift: largest displacement of the crop's centre as a share of the face box's side.
        flip: probability of mirroring left and right.
        harsh: share of pictures that are shrunk and then saved as a poor JPEG, both at once, as bad messengers do; the
            other degradations are drawn for the rest.
        pristine: share of the rest that gets no degradation at all.
        resize: probability of scaling down and up again by a factor from `scale`.
        jpeg, webp: probability of re-encoding with a quality from `quality`.
        video: probability of becoming a frame of a video, by H.264 or MPEG-4 (`filming`; needs PyAV); drawn before
            `pristine`, and what follows may be done to the frame.
        blur, noise: probability of Gaussian blur (sigma in pixels) and Gaussian noise (sigma in grey levels).
        colour: probability of a change of brightness, contrast and saturation by up to `colour_strength`.
        smooth: probability of smoothing as beauty filters do it, along edges (a guided filter).
        cutout: probability of covering one rectangle with its mean colour.
        tilt: probability of turning by up to `rotation` degrees, shearing by up to `shear` degrees and stretching
            each side by a factor from `zoom`; the border is mirrored.
    """

    margin: tuple[float, float] = (0.95, 1.7)
    shift: float = 0.08
    flip: float = 0.5
    harsh: float = 0.0
    pristine: float = 0.3
    resize: float = 0.4
    scale: tuple[float, float] = (0.4, 1.5)
    jpeg: float = 0.5
    webp: float = 0.15
    quality: tuple[int, int] = (35, 98)
    blur: float = 0.12
    blur_sigma: tuple[float, float] = (0.3, 1.5)
    noise: float = 0.12
    noise_sigma: tuple[float, float] = (1.0, 8.0)
    colour: float = 0.3
    colour_strength: float = 0.25
    smooth: float = 0.0
    video: float = 0.0
    cutout: float = 0.1
    tilt: float = 0.0
    rotation: float = 10.0
    shear: float = 6.0
    zoom: tuple[float, float] = (0.9, 1.1)

    def __post_init__(self) -> None:
        for name in FRAMING + TREATING:
            require(0 <= getattr(self, name) <= 1, f"{name} is a probability, in [0, 1]")
        for name in ("margin", "scale", "zoom", "blur_sigma", "noise_sigma"):
            low, high = getattr(self, name)
            require(0 < low <= high, f"{name} is a range of positive numbers, the lower one first")
        require(1 <= self.quality[0] <= self.quality[1] <= 100, "quality is a range in 1..100, the lower one first")
        require(0 <= self.shift < 1 and 0 <= self.colour_strength < 1, "shift and colour_strength must be in [0, 1)")
        require(min(self.rotation, self.shear) >= 0, "rotation and shear must not be negative")


HARSH = Augmentation(resize=1.0, scale=(0.4, 0.7), jpeg=1.0, quality=(30, 60), webp=0.0, blur=0.0)
"""Degradations of a picture that was treated badly."""


def augment(image: Image.Image, box: Box, size: int, settings: Augmentation, rng: Generator) -> NDArray[np.uint8]:
    """One augmented model input of an RGB picture with a face at `box`: uint8 `[size, size, 3]`."""
    crop = _frame(image, box, size, settings, rng)
    if rng.random() < settings.flip:
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if rng.random() < settings.tilt:
        crop = _tilt(crop, settings, rng)
    if settings.smooth and rng.random() < settings.smooth:
        crop = _smooth(crop, rng)
    if settings.video and rng.random() < settings.video:
        crop = film(_rescale(crop, settings.scale, rng), rng)
    if settings.harsh and rng.random() < settings.harsh:
        crop = _degrade(crop, HARSH, rng)
    elif rng.random() >= settings.pristine:
        crop = _degrade(crop, settings, rng)
    if rng.random() < settings.colour:
        crop = _recolour(crop, settings.colour_strength, rng)
    resample = str(rng.choice(["bicubic", "bicubic", "bilinear", "lanczos"]))
    pixels = cut(crop, (0, 0, crop.width, crop.height), size, resample)
    if rng.random() < settings.noise:
        pixels = _add_noise(pixels, settings.noise_sigma, rng)
    if rng.random() < settings.cutout:
        pixels = _cover(pixels, rng)
    return pixels


def _log_uniform(bounds: tuple[float, float], rng: Generator) -> float:
    return float(np.exp(rng.uniform(np.log(bounds[0]), np.log(bounds[1]))))


def _frame(image: Image.Image, box: Box, size: int, settings: Augmentation, rng: Generator) -> Image.Image:
    """A jittered square around the face at the picture's own resolution (larger faces are brought near `size`)."""
    x, y, w, h = box
    side = max(w, h)
    dx, dy = rng.uniform(-settings.shift, settings.shift, 2) * side
    region = square_around((x + dx, y + dy, w, h), image.width, image.height, _log_uniform(settings.margin, rng))
    left, top, extent, _ = region
    if extent > 2 * size:
        return Image.fromarray(cut(image, region, int(rng.integers(size, 2 * size))))
    return image.crop((round(left), round(top), round(left + extent), round(top + extent)))


def _tilt(crop: Image.Image, settings: Augmentation, rng: Generator) -> Image.Image:
    """Turned, sheared and stretched about its centre; same size."""
    turn = np.deg2rad(rng.uniform(-settings.rotation, settings.rotation))
    slant = np.tan(np.deg2rad(rng.uniform(-settings.shear, settings.shear)))
    zoom = [_log_uniform(settings.zoom, rng) for _ in range(2)]
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = spin @ np.array([[1.0, slant], [0.0, 1.0]]) @ np.diag(zoom)
    edge = max(crop.size) // 2
    wide = Image.fromarray(np.pad(np.asarray(crop), ((edge, edge), (edge, edge), (0, 0)), mode="symmetric"))
    centre = np.array(crop.size) / 2
    offset = centre + edge - matrix @ centre
    coefficients = (*matrix[0], offset[0], *matrix[1], offset[1])
    return wide.transform(crop.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BICUBIC)


def _smooth(crop: Image.Image, rng: Generator) -> Image.Image:
    """Skin without pores, edges left: a guided filter (He et al., ECCV 2010), each channel its own guide."""
    reach = max(2, round(crop.width * rng.uniform(0.01, 0.03)))
    tones, share = rng.uniform(8.0, 30.0), rng.uniform(0.4, 1.0)
    pixels = np.asarray(crop, np.float32)
    mean = _box_mean(pixels, reach)
    variance = _box_mean(pixels * pixels, reach) - mean * mean
    slope = variance / (variance + np.float32(tones**2))
    flat = _box_mean(slope, reach) * pixels + _box_mean((1 - slope) * mean, reach)
    return Image.fromarray((pixels + np.float32(share) * (flat - pixels)).clip(0, 255).round().astype(np.uint8))


def _box_mean(values: NDArray[np.floating], reach: int) -> NDArray[np.float32]:
    """Mean over the square of `2 * reach + 1` pixels around each, `[H, W, C]`; the border is repeated."""
    width = 2 * reach + 1
    padded = np.pad(values, ((reach + 1, reach), (reach + 1, reach), (0, 0)), mode="edge").astype(np.float64)
    sums = padded.cumsum(axis=0).cumsum(axis=1)
    total = sums[width:, width:] - sums[:-width, width:] - sums[width:, :-width] + sums[:-width, :-width]
    mean: NDArray[np.float32] = (total / width**2).astype(np.float32)
    return mean


def _degrade(crop: Image.Image, settings: Augmentation, rng: Generator) -> Image.Image:
    if rng.random() < settings.blur:
        crop = crop.filter(ImageFilter.GaussianBlur(rng.uniform(*settings.blur_sigma)))
    if rng.random() < settings.resize:
        crop = _rescale(crop, settings.scale, rng)
    if rng.random() < settings.jpeg:
        crop = encode(crop, "JPEG", int(rng.integers(settings.quality[0], settings.quality[1] + 1)))
    if rng.random() < settings.webp:
        crop = encode(crop, "WEBP", int(rng.integers(settings.quality[0], settings.quality[1] + 1)))
    return crop


def _rescale(crop: Image.Image, scale: tuple[float, float], rng: Generator) -> Image.Image:
    """A square crop at another resolution."""
    extent = max(32, round(crop.width * _log_uniform(scale, rng)))
    return crop.resize((extent, extent), FILTERS[str(rng.choice(list(FILTERS)))])


def encode(image: Image.Image, form: str, quality: int) -> Image.Image:
    """The picture after one lossy encoding."""
    buffer = io.BytesIO()
    image.save(buffer, form, quality=quality, **({"method": 1} if form == "WEBP" else {}))
    return Image.open(buffer).convert("RGB")


def _recolour(crop: Image.Image, strength: float, rng: Generator) -> Image.Image:
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        crop = enhance(crop).enhance(1.0 + rng.uniform(-strength, strength))
    return crop


def _add_noise(pixels: NDArray[np.uint8], sigma: tuple[float, float], rng: Generator) -> NDArray[np.uint8]:
    noise = rng.standard_normal(pixels.shape, dtype=np.float32) * np.float32(rng.uniform(*sigma))
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def _cover(pixels: NDArray[np.uint8], rng: Generator) -> NDArray[np.uint8]:
    size = pixels.shape[0]
    height, width = rng.integers(size // 8, size // 3, 2)
    top, left = rng.integers(0, size - height), rng.integers(0, size - width)
    covered = pixels.copy()
    covered[top : top + height, left : left + width] = pixels.mean(axis=(0, 1)).astype(np.uint8)
    return covered
