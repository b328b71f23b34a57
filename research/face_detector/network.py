"""The network of the face detector: anchor-free, single shot, three strides.

It has a convolutional stem, depthwise-separable stages down to stride 32 (Howard et al., "MobileNets", 2017), a
top-down path that adds context to the finer grids, and a small head per grid. Each grid cell predicts a score, a box
(center offset and log size, in strides) and five landmarks. The score includes the quality of the box (Li et al.,
"Generalized Focal Loss", NeurIPS 2020).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
FIELDS = 15
"""Numbers per cell: score logit, box (dx, dy, log w, log h), five landmarks (dx, dy)."""


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch norm, ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class Separable(nn.Module):
    """Depthwise and pointwise convolution, with a residual connection if the shapes agree."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> None:
        super().__init__()
        depthwise = convolution(inputs, inputs, kernel, stride, groups=inputs)
        self.layers = nn.Sequential(depthwise, convolution(inputs, outputs, 1))
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """`[N, inputs, H, W]` to `[N, outputs, H/stride, W/stride]`."""
        y: Tensor = self.layers(x)
        return x + y if self.residual else y


def stage(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """A block that halves the resolution, and two residual blocks."""
    first = Separable(inputs, outputs, 2, 3)
    return nn.Sequential(first, *(Separable(outputs, outputs, 1, kernel) for _ in range(2)))


class FaceDetectorNet(nn.Module):
    """RGB in [-1, 1] `[N, 3, H, W]`, sides multiples of 32, to raw predictions `[N, cells, 15]`, finest grid first."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.stem = nn.Sequential(convolution(3, 16, 3, 2), convolution(16, 32, 3, 2), Separable(32, 32))
        self.stages = nn.ModuleList([stage(32, 64, 3), stage(64, 112, 5), stage(112, 160, 5)])
        self.laterals = nn.ModuleList([nn.Conv2d(channels, width, 1) for channels in (64, 112, 160)])
        self.heads = nn.ModuleList([_head(width) for _ in STRIDES])

    def forward(self, x: Tensor) -> Tensor:
        """Raw predictions of all cells."""
        x = self.stem(x)
        features: list[Tensor] = []
        for level, lateral in zip(self.stages, self.laterals, strict=True):
            x = level(x)
            features.append(lateral(x))
        for fine in (1, 0):
            features[fine] = features[fine] + functional.interpolate(features[fine + 1], scale_factor=2.0)
        grids = [head(feature) for head, feature in zip(self.heads, features, strict=True)]
        return torch.cat([grid.flatten(2).transpose(1, 2) for grid in grids], 1)


def _head(width: int) -> nn.Sequential:
    """Two separable blocks and the prediction layer, initialized to "no face" and boxes of a few strides."""
    last = nn.Conv2d(width, FIELDS, 1)
    nn.init.normal_(last.weight, std=0.01)
    bias = torch.zeros(FIELDS)
    bias[0] = -math.log(99.0)
    bias[3:5] = 1.0
    last.bias = nn.Parameter(bias)
    return nn.Sequential(Separable(width, width), Separable(width, width), last)


def grid(height: int, width: int) -> tuple[Tensor, Tensor]:
    """Centers `[cells, 2]` (x, y) and strides `[cells, 1]` of the cells of an image, in pixels."""
    centers, strides = [], []
    for stride in STRIDES:
        rows, columns = height // stride, width // stride
        y = torch.arange(rows, dtype=torch.float32)[:, None].expand(rows, columns)
        x = torch.arange(columns, dtype=torch.float32)[None].expand(rows, columns)
        centers.append((torch.stack([x, y], -1).reshape(-1, 2) + 0.5) * stride)
        strides.append(torch.full((rows * columns, 1), float(stride)))
    return torch.cat(centers), torch.cat(strides)


def decode(raw: Tensor, centers: Tensor, strides: Tensor) -> tuple[Tensor, Tensor]:
    """Raw predictions `[…, cells, 15]` to corner boxes `[…, cells, 4]` and landmarks `[…, cells, 5, 2]` in pixels."""
    middle = centers + raw[..., 1:3] * strides
    half = raw[..., 3:5].clamp(-4.0, 4.0).exp() * strides / 2
    points = centers[:, None] + raw[..., 5:].reshape(*raw.shape[:-1], 5, 2) * strides[:, None]
    return torch.cat([middle - half, middle + half], -1), points
