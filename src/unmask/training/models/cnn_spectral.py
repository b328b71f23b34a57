"""A branch on pixels and a branch on their spectrum, fused. 433,505 parameters at any size; 224 px.

Source: Frank et al., "Leveraging Frequency Analysis for Deep Fake Image Recognition", ICML 2020, who found that
upsampling leaves peaks and a raised tail in the spectrum. Here both branches are trained together. The Fourier
transform is computed by matrix products, so that the exported file runs on every engine.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from unmask.training.models.classic import conv_block, feature_map_size


class LogSpectrum(nn.Module):
    """Log-magnitude of the centered two-dimensional spectrum: `[N, 3, size, size]` to `[N, 1, size, size]`."""

    def __init__(self, size: int) -> None:
        super().__init__()
        positions = torch.arange(size, dtype=torch.float64)
        angles = 2 * math.pi * torch.outer(positions - size // 2, positions) / size
        self.register_buffer("cosine", (torch.cos(angles) / math.sqrt(size)).float(), persistent=False)
        self.register_buffer("sine", (torch.sin(angles) / math.sqrt(size)).float(), persistent=False)
        self.register_buffer("luma_weights", torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1), persistent=False)

    cosine: Tensor
    sine: Tensor
    luma_weights: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """The log-magnitudes, about 0 to 4."""
        with torch.autocast(x.device.type, enabled=False):
            luma = (x.float() * self.luma_weights).sum(dim=1, keepdim=True)
            rows_real, rows_imaginary = self.cosine @ luma, self.sine @ luma
            real = rows_real @ self.cosine.T - rows_imaginary @ self.sine.T
            imaginary = rows_real @ self.sine.T + rows_imaginary @ self.cosine.T
            return torch.log1p(torch.sqrt(real.square() + imaginary.square() + 1e-8))


def branch(*channels: int) -> nn.Sequential:
    """Blocks with batch norm and global average pooling: `[N, channels[0], H, W]` to `[N, channels[-1]]`."""
    blocks = [
        layer for inputs, outputs in pairwise(channels) for layer in conv_block(inputs, outputs, padding=1, norm=True)
    ]
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())


class CnnSpectral(nn.Module):
    """Pixels in [-1, 1] `[N, 3, size, size]` to the logit of `fake` `[N]`."""

    def __init__(self, size: int = 224, dropout: float = 0.3) -> None:
        super().__init__()
        feature_map_size(size, 4)
        self.spatial = branch(3, 32, 64, 128, 256)
        self.spectral = nn.Sequential(LogSpectrum(size), branch(1, 16, 32, 64))
        self.fusion = nn.Sequential(nn.Linear(256 + 64, 64), nn.ReLU(inplace=True), nn.Dropout(dropout))
        self.classifier = nn.Linear(64, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The logit of `fake`."""
        both = torch.cat([self.spatial(x), self.spectral(x)], dim=1)
        logit: Tensor = self.classifier(self.fusion(both))
        return logit.squeeze(1)
