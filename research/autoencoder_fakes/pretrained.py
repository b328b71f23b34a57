"""A small autoencoder with published weights, for the latent space of an image generator.

The files `taef2_encoder.pth` and `taef2_decoder.pth` of github.com/madebyollin/taesd (MIT license) imitate the
autoencoder of FLUX.2: eight times smaller sides, 32 channels. Its decoder leaves traces like those of pictures that a
latent diffusion model generates (Rombach et al., CVPR 2022).
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

NAME = "taef2"
WIDTH, LATENT, LIMIT = 64, 32, 3.0
"""Channels of all layers and of the code; the code is compressed to -LIMIT to LIMIT."""


class PretrainedAutoEncoder(nn.Module):
    """Images `[N, 3, H, W]` in [-1, 1], sides multiples of 8, to reconstructions of the same shape."""

    def __init__(self) -> None:
        super().__init__()
        down = [_conv(3), _Block()]
        for level in range(3):
            down += [_conv(stride=2), *(_Block(pooled=level == 2) for _ in range(3))]
        self.encoder = nn.Sequential(*down, nn.Conv2d(WIDTH, LATENT, 3, padding=1))
        up = [_Compress(), nn.Conv2d(LATENT, WIDTH, 3, padding=1), nn.ReLU()]
        for level in range(3):
            up += [*(_Block(pooled=level == 0) for _ in range(3)), nn.Upsample(scale_factor=2), _conv(bias=False)]
        self.decoder = nn.Sequential(*up, _Block(), nn.Conv2d(WIDTH, 3, 3, padding=1))

    @classmethod
    def load(cls, folder: Path) -> PretrainedAutoEncoder:
        """The autoencoder whose two files are in a folder."""
        network = cls()
        for part in ("encoder", "decoder"):
            weights = torch.load(folder / f"{NAME}_{part}.pth", map_location="cpu", weights_only=True)
            getattr(network, part).load_state_dict(weights)
        return network.eval()

    def forward(self, images: Tensor) -> Tensor:
        """The reconstruction, computed in bfloat16."""
        with torch.autocast(images.device.type, torch.bfloat16):
            rebuilt: Tensor = self.decoder(self.encoder((images / 2 + 0.5).to(memory_format=torch.channels_last)))
        return rebuilt.float() * 2 - 1


def _conv(inputs: int = WIDTH, stride: int = 1, bias: bool | None = None) -> nn.Conv2d:
    """A 3×3 convolution; with a stride it has no bias."""
    return nn.Conv2d(inputs, WIDTH, 3, stride, 1, bias=stride == 1 if bias is None else bias)


class _Compress(nn.Module):
    """Bounds the code smoothly."""

    def forward(self, code: Tensor) -> Tensor:
        return torch.tanh(code / LIMIT) * LIMIT


class _Block(nn.Module):
    """A residual block; the pooled one first adds a path of 1×1 convolutions that is normalized over the image."""

    def __init__(self, pooled: bool = False) -> None:
        super().__init__()
        self.conv = nn.Sequential(_conv(), nn.ReLU(), _conv(), nn.ReLU(), _conv())
        if pooled:
            wide = 4 * WIDTH
            self.pool = nn.Sequential(
                nn.Conv2d(WIDTH, wide, 1, bias=False),
                nn.GroupNorm(4, wide),
                nn.ReLU(),
                nn.Conv2d(wide, WIDTH, 1, bias=False),
            )
        self.pooled = pooled

    def forward(self, values: Tensor) -> Tensor:
        if self.pooled:
            values = values + self.pool(values)
        changed: Tensor = torch.relu(self.conv(values) + values)
        return changed
