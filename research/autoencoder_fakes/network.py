"""Autoencoders with different upsamplers, and the critic of their adversarial loss.

Upsamplers of generators leave artifacts (Odena et al., "Deconvolution and Checkerboard Artifacts", 2016; Durall et al.,
"Watch Your Up-Convolution", CVPR 2020). The reconstruction of a real image by an autoencoder has them too.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from unmask.training.engine.losses import normalize

Upsampler = Literal["nearest", "bilinear", "transposed", "shuffle"]


@dataclass(frozen=True, slots=True)
class Design:
    """Architecture of one autoencoder.

    Attributes:
        upsampler: method that doubles the resolution in the decoder.
        halvings: stride-2 layers of the encoder; image sides must be multiples of 2 to this power.
        latent: channels of the code.
    """

    upsampler: Upsampler
    halvings: int
    latent: int


DESIGNS: dict[str, Design] = {
    "nearest": Design("nearest", 3, 24),
    "bilinear": Design("bilinear", 2, 6),
    "transposed": Design("transposed", 3, 24),
    "shuffle": Design("shuffle", 2, 6),
}
WIDTHS = (24, 48, 80, 96)
"""Channels at full resolution and after each halving."""


class AutoEncoder(nn.Module):
    """Images `[N, 3, H, W]` in [-1, 1] to reconstructions of the same shape."""

    def __init__(self, design: Design) -> None:
        super().__init__()
        if design.upsampler not in get_args(Upsampler):
            raise ValueError(f"no such upsampler: {design.upsampler}")
        widths = WIDTHS[: design.halvings + 1]
        deepest = widths[-1]
        down: list[nn.Module] = []
        for before, after in zip((3, *widths[1:]), widths[1:], strict=False):
            down += [nn.Conv2d(before, after, 4, 2, 1), nn.GroupNorm(8, after), nn.SiLU()]
        self.encoder = nn.Sequential(*down, ResidualBlock(deepest), nn.Conv2d(deepest, design.latent, 1))
        up: list[nn.Module] = [nn.Conv2d(design.latent, deepest, 1), ResidualBlock(deepest)]
        for before, after in zip(widths[:0:-1], widths[-2::-1], strict=True):
            up += [upsampling_layer(design.upsampler, before, after), nn.GroupNorm(8, after), nn.SiLU()]
            up += [nn.Conv2d(after, after, 3, padding=1), nn.SiLU()]
        self.decoder = nn.Sequential(*up, nn.Conv2d(widths[0], 3, 3, padding=1))

    def forward(self, images: Tensor) -> Tensor:
        """The reconstruction."""
        rebuilt: Tensor = self.decoder(self.encoder(images))
        return rebuilt


class ResidualBlock(nn.Module):
    """Residual block of two 3×3 convolutions."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.GroupNorm(8, width),
            nn.SiLU(),
            nn.Conv2d(width, width, 3, padding=1),
        )

    def forward(self, values: Tensor) -> Tensor:
        """Output of the same shape as the input."""
        changed: Tensor = values + self.body(values)
        return changed


class Critic(nn.Module):
    """Patch discriminator: `[N, 3, H, W]` to `[N, 1, H/8, W/8]`."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 32, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(32, 64, 4, 2, 1),
            nn.GroupNorm(8, 64),
            nn.LeakyReLU(0.2),
            nn.Conv2d(64, 96, 4, 2, 1),
            nn.GroupNorm(8, 96),
            nn.LeakyReLU(0.2),
            nn.Conv2d(96, 1, 3, padding=1),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Scores of the patches, above 0 for real."""
        scores: Tensor = self.body(images)
        return scores


def upsampling_layer(upsampler: Upsampler, before: int, after: int) -> nn.Module:
    """A layer that doubles height and width."""
    match upsampler:
        case "transposed":
            return nn.ConvTranspose2d(before, after, 4, 2, 1)
        case "shuffle":
            return nn.Sequential(nn.Conv2d(before, 4 * after, 3, padding=1), nn.PixelShuffle(2))
        case _:
            scale = nn.Upsample(scale_factor=2, mode=upsampler)
            return nn.Sequential(scale, nn.Conv2d(before, after, 3, padding=1))


def load(path: Path) -> AutoEncoder:
    """The autoencoder in a file `NAME.pt`, where NAME is its design."""
    network = AutoEncoder(DESIGNS[path.stem])
    network.load_state_dict(torch.load(path, weights_only=True))
    return network.eval()


@torch.inference_mode()
def rebuild(network: nn.Module, images: Tensor) -> Tensor:
    """Reconstructions of uint8 images `[N, H, W, 3]` of any size."""
    height, width = images.shape[1:3]
    padded = nn.functional.pad(normalize(images), (0, -width % 8, 0, -height % 8), mode="replicate")
    rebuilt = network(padded)[:, :, :height, :width]
    pixels: Tensor = ((rebuilt + 1.0) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return pixels.permute(0, 2, 3, 1)
