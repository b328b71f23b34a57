"""Xception: depthwise separable convolutions with residual connections. 20,809,001 parameters, 299 px (224 works).

Source: Chollet, "Xception: Deep Learning with Depthwise Separable Convolutions", CVPR 2017; the detector of
Rössler et al., "FaceForensics++", ICCV 2019. Layers have the names of the common ImageNet weights for PyTorch (`conv1`,
`block1.rep…`, `bn4`), so that such a state dictionary can be used as `network.weights`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

BLOCKS = (
    # inputs, outputs, separable convolutions, stride, ReLU first, widening in the first convolution
    (64, 128, 2, 2, False, True),
    (128, 256, 2, 2, True, True),
    (256, 728, 2, 2, True, True),
    *[(728, 728, 3, 1, True, True)] * 8,
    (728, 1024, 2, 2, True, False),
)


class SeparableConv2d(nn.Module):
    """A 3×3 convolution of each channel, then a 1×1 convolution across channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False)
        self.pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """`[N, inputs, H, W]` to `[N, outputs, H, W]`."""
        y: Tensor = self.pointwise(self.conv1(x))
        return y


class Block(nn.Module):
    """Separable convolutions with batch norm, max pooling if the stride is 2, and a residual connection."""

    def __init__(
        self, inputs: int, outputs: int, repeats: int, stride: int, relu_first: bool, widen_first: bool
    ) -> None:
        super().__init__()
        self.skip: nn.Module | None = None
        if outputs != inputs or stride != 1:
            self.skip = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
            self.skipbn = nn.BatchNorm2d(outputs)
        widen_at = 0 if widen_first else repeats - 1
        layers: list[nn.Module] = []
        for index in range(repeats):
            before, after = (inputs if index <= widen_at else outputs), (outputs if index >= widen_at else inputs)
            layers += [nn.ReLU(), SeparableConv2d(before, after), nn.BatchNorm2d(after)]
        if not relu_first:
            layers = layers[1:]
        if stride != 1:
            layers.append(nn.MaxPool2d(3, stride, 1))
        self.rep = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """`[N, inputs, H, W]` to `[N, outputs, H/stride, W/stride]`."""
        y: Tensor = self.rep(x)
        return y + (x if self.skip is None else self.skipbn(self.skip(x)))


class Xception(nn.Module):
    """Pixels in [-1, 1] `[N, 3, H, W]` to a class activation map `[N, h, w]` whose mean is the logit."""

    def __init__(self, dropout: float = 0.5) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 3, stride=2, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        for index, shape in enumerate(BLOCKS, 1):
            self.add_module(f"block{index}", Block(*shape))
        self.conv3 = SeparableConv2d(1024, 1536)
        self.bn3 = nn.BatchNorm2d(1536)
        self.conv4 = SeparableConv2d(1536, 2048)
        self.bn4 = nn.BatchNorm2d(2048)
        self.dropout = nn.Dropout2d(dropout)
        self.classifier = nn.Conv2d(2048, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The class activation map of `fake`."""
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        for index in range(1, len(BLOCKS) + 1):
            x = self.get_submodule(f"block{index}")(x)
        x = torch.relu(self.bn3(self.conv3(x)))
        x = torch.relu(self.bn4(self.conv4(x)))
        activation: Tensor = self.classifier(self.dropout(x))
        return activation.squeeze(1)
