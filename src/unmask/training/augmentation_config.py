"""Configuration of the augmentation: the recipe table `augmentation`, kept apart from `config.py` for its length."""

from __future__ import annotations

from dataclasses import dataclass

from unmask.training.config_io import require

FRAMING = "flip", "tilt", "cutout"
DEGRADATIONS = "smooth", "low_quality", "undegraded", "resize", "video", "jpeg", "webp", "blur", "noise", "color"


@dataclass(frozen=True, slots=True)
class AugmentationConfig:
    """Probability and range of each augmentation step; ranges are uniform, `margin` and `scale` log-uniform.

    Attributes:
        margin: range of the crop's side as a multiple of the face box's longer side. Where `preprocessing.min_side` is
            set, a margin above `preprocessing.margin` enlarges it in proportion.
        shift: largest displacement of the crop's center as a share of the face box's side.
        flip: probability of a horizontal flip.
        low_quality: probability of strong downscaling followed by strong JPEG compression. The other degradations are
            drawn for the remaining images.
        undegraded: share of the remaining images without any degradation.
        resize: probability of rescaling.
        scale: range of the rescaling factor.
        jpeg: probability of JPEG compression.
        webp: probability of WebP compression.
        quality: range of the encoding quality.
        video: probability of H.264 or MPEG-4 compression (needs the extra `video`); drawn before `undegraded`, so
            other degradations may follow.
        blur: probability of Gaussian blur.
        blur_sigma: range of the standard deviation of the blur in pixels.
        noise: probability of Gaussian noise.
        noise_sigma: range of the standard deviation of the noise in gray levels.
        color: probability of changing brightness, contrast and saturation.
        color_strength: largest relative change of each.
        smooth: probability of edge-preserving smoothing, like a beauty filter (guided filter).
        cutout: probability of covering one rectangle with its mean color.
        tilt: probability of rotating, shearing and stretching; the border is mirrored.
        rotation: largest rotation in degrees.
        shear: largest shear in degrees.
        zoom: range of the factor by which each side is stretched.
    """

    margin: tuple[float, float] = (0.95, 1.7)
    shift: float = 0.08
    flip: float = 0.5
    low_quality: float = 0.0
    undegraded: float = 0.3
    resize: float = 0.4
    scale: tuple[float, float] = (0.4, 1.5)
    jpeg: float = 0.5
    webp: float = 0.15
    quality: tuple[int, int] = (35, 98)
    blur: float = 0.12
    blur_sigma: tuple[float, float] = (0.3, 1.5)
    noise: float = 0.12
    noise_sigma: tuple[float, float] = (1.0, 8.0)
    color: float = 0.3
    color_strength: float = 0.25
    smooth: float = 0.0
    video: float = 0.0
    cutout: float = 0.1
    tilt: float = 0.0
    rotation: float = 10.0
    shear: float = 6.0
    zoom: tuple[float, float] = (0.9, 1.1)

    def __post_init__(self) -> None:
        for name in FRAMING + DEGRADATIONS:
            require(0 <= getattr(self, name) <= 1, f"{name} is a probability, in [0, 1]")
        for name in ("margin", "scale", "zoom", "blur_sigma", "noise_sigma"):
            low, high = getattr(self, name)
            require(0 < low <= high, f"{name} is a range of positive numbers, the lower one first")
        require(1 <= self.quality[0] <= self.quality[1] <= 100, "quality is a range in 1..100, the lower one first")
        require(0 <= self.shift < 1 and 0 <= self.color_strength < 1, "shift and color_strength must be in [0, 1)")
        require(min(self.rotation, self.shear) >= 0, "rotation and shear must not be negative")
