"""Grain: a small convolutional network on pixels and their high-pass residuals. 2,096,200 parameters, 224 px.

Generators, blending and resampling change the noise of a photograph more than its content. A bank of trainable
high-pass filters extracts that noise before the first stride removes it. Dense convolutions follow, which are fast on
CPUs with matrix units. The initial filters are those of Fridrich and Kodovský, "Rich Models for Steganalysis", 2012.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

STAGES = (32, 48, 96, 160, 224)
KERNELS = (
    ((0, 0, 0), (-1, 1, 0), (0, 0, 0)),
    ((0, -1, 0), (0, 1, 0), (0, 0, 0)),
    ((0, 0, 0), (1, -2, 1), (0, 0, 0)),
    ((0, 1, 0), (0, -2, 0), (0, 1, 0)),
    ((-1, 2, -1), (2, -4, 2), (-1, 2, -1)),
)


class HighPass(nn.Module):
    """Each color through each high-pass filter, scaled and clipped: `[N, 3, H, W]` to `[N, 15, H, W]`."""

    def __init__(self) -> None:
        super().__init__()
        kernels = torch.tensor(KERNELS, dtype=torch.float32).unsqueeze(1)
        self.filters = nn.Conv2d(3, 3 * len(KERNELS), 3, padding=1, groups=3, bias=False)
        with torch.no_grad():
            self.filters.weight.copy_(kernels.repeat(3, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """The residuals, in [-1, 1]."""
        residual: Tensor = self.filters(x)
        return torch.clamp(4.0 * residual, -1.0, 1.0)


def convolution(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """Build a layer of a 3×3 convolution, batch norm and ReLU."""
    layer = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class Residual(nn.Module):
    """Residual block: adds the output of two convolutions to its input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(convolution(channels, channels), convolution(channels, channels))

    def forward(self, x: Tensor) -> Tensor:
        """`[N, channels, H, W]` to the same shape."""
        y: Tensor = x + self.layers(x)
        return y


class Grain(nn.Module):
    """Pixels in [-1, 1] `[N, 3, H, W]` to a class activation map `[N, H/32, W/32]` whose mean is the logit."""

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        self.residual = HighPass()
        self.stem = convolution(3 + 3 * len(KERNELS), STAGES[0], stride=2)
        stages = [
            nn.Sequential(convolution(before, after, stride=2), Residual(after)) for before, after in pairwise(STAGES)
        ]
        self.stages = nn.Sequential(*stages)
        self.dropout = nn.Dropout2d(dropout)
        self.classifier = nn.Conv2d(STAGES[-1], 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The class activation map of `fake`."""
        both = torch.cat([x, self.residual(x)], dim=1)
        activation: Tensor = self.classifier(self.dropout(self.stages(self.stem(both))))
        return activation.squeeze(1)
