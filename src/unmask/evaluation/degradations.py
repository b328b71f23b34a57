"""Image degradations: scaling, blur, noise and JPEG compression."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from unmask._encoding import encode_image


@dataclass(frozen=True, slots=True)
class Degradation:
    """One degradation; its steps are applied in the order of the fields.

    Attributes:
        scale: factor on both sides.
        longest: largest length of the longer side in pixels; larger images are scaled down; None for no limit.
        blur: standard deviation of a Gaussian blur in pixels.
        noise: standard deviation of Gaussian noise in gray levels of 255; the same image gets the same noise.
        jpeg: JPEG quality; None for no compression.
    """

    scale: float = 1.0
    longest: int | None = None
    blur: float = 0.0
    noise: float = 0.0
    jpeg: int | None = None

    @property
    def is_identity(self) -> bool:
        """Whether the image stays as it is."""
        return self == NO_DEGRADATION

    def apply(self, image: Image.Image) -> Image.Image | bytes:
        """The degraded image: the bytes of a JPEG file, or pixels if it is not compressed.

        Args:
            image: upright, RGB.
        """
        image = self._scaled(image)
        if self.blur:
            image = image.filter(ImageFilter.GaussianBlur(self.blur))
        if self.noise:
            image = _add_noise(image, self.noise)
        return image if self.jpeg is None else encode_image(image, "JPEG", quality=self.jpeg)

    def _scaled(self, image: Image.Image) -> Image.Image:
        longest = max(image.size)
        factor = min(self.scale, self.longest / longest) if self.longest else self.scale
        if factor == 1.0:
            return image
        width, height = (max(1, round(side * factor)) for side in image.size)
        return image.resize((width, height), Image.Resampling.LANCZOS)


NO_DEGRADATION = Degradation()


def _add_noise(image: Image.Image, deviation: float) -> Image.Image:
    pixels = np.asarray(image, np.float32)
    rng = np.random.default_rng(zlib.crc32(image.tobytes()))
    noise = rng.standard_normal(pixels.shape, np.float32) * deviation
    return Image.fromarray(np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8))
