"""Changes of images that keep their class: the tiers, stronger degradations, and changes that no photograph shows."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageFilter, ImageOps

from unmask import open_image
from unmask.evaluation.degradations import Degradation
from unmask.evaluation.tiers import TIERS

Change = Callable[[Image.Image], Image.Image]


def cartoon(image: Image.Image) -> Image.Image:
    """Make the image look like a drawing: few flat colors, dark outlines."""
    flat = ImageOps.posterize(image.filter(ImageFilter.ModeFilter(7)), 3)
    edges = ImageOps.invert(image.convert("L").filter(ImageFilter.FIND_EDGES)).point(
        lambda value: 0 if value < 200 else 255
    )
    return Image.composite(flat, Image.new("RGB", image.size), edges)


def negative(image: Image.Image) -> Image.Image:
    """Invert the colors."""
    return ImageOps.invert(image)


def degraded(degradation: Degradation) -> Change:
    """A degradation as a function from image to image."""

    def apply(image: Image.Image) -> Image.Image:
        result = degradation.apply(image)
        return result if isinstance(result, Image.Image) else open_image(result).rgb()

    return apply


def pixelate(image: Image.Image) -> Image.Image:
    """Reduce the image to squares of an eighteenth of its width."""
    side = max(1, image.width // 18)
    small = image.resize((max(1, image.width // side), max(1, image.height // side)), Image.Resampling.BOX)
    return small.resize(image.size, Image.Resampling.NEAREST)


FIT_CHANGES: tuple[Change, ...] = (
    ImageOps.flip,
    lambda image: Image.merge("RGB", image.split()[::-1]),
    ImageOps.solarize,
    pixelate,
)
IN_DISTRIBUTION = {name: degraded(tier) for name, tier in TIERS.items()}
OUT_OF_DISTRIBUTION = {
    "an eighth of the pixels, q20": degraded(Degradation(scale=0.35, jpeg=20)),
    "blurred, 4 px": degraded(Degradation(blur=4.0)),
    "noise, 40 of 255": degraded(Degradation(noise=40.0)),
    "cartoon": cartoon,
    "negative": negative,
}
