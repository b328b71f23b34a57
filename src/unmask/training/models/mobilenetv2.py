"""MobileNetV2 without batch norm, for ImageNet weights with batch norm folded in. 2,208,097 parameters, 224 px.

Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018. Convolutions of stride 2
pad one pixel at the right and below, as TensorFlow does, because the weights come from TensorFlow.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

STAGES = (
    # expansion, channels, repeats, stride of the first
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """A convolution with the padding "same" of TensorFlow for even input sizes."""
    if kernel == 1:
        return [nn.Conv2d(inputs, outputs, 1)]
    if stride == 1:
        return [nn.Conv2d(inputs, outputs, kernel, 1, kernel // 2, groups=groups)]
    return [nn.ZeroPad2d((0, 1, 0, 1)), nn.Conv2d(inputs, outputs, kernel, stride, 0, groups=groups)]


class InvertedResidual(nn.Module):
    """1×1 expansion, 3×3 depthwise convolution and 1×1 projection, added to the input if the shapes agree."""

    def __init__(self, inputs: int, outputs: int, expansion: int, stride: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        layers: list[nn.Module] = []
        if expansion != 1:
            layers += [*convolution(inputs, hidden, 1), nn.ReLU6(inplace=True)]
        layers += [*convolution(hidden, hidden, 3, stride, groups=hidden), nn.ReLU6(inplace=True)]
        layers += convolution(hidden, outputs, 1)
        self.layers = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """`[N, inputs, H, W]` to `[N, outputs, H/stride, W/stride]`."""
        out: Tensor = self.layers(x)
        return x + out if self.residual else out


class MobileNetV2(nn.Module):
    """Pixels in [-1, 1] `[N, 3, H, W]` to a class activation map `[N, H/32, W/32]` whose mean is the logit."""

    def __init__(self, dropout: float = 0.2) -> None:
        super().__init__()
        layers = [*convolution(3, 32, 3, 2), nn.ReLU6(inplace=True)]
        channels = 32
        for expansion, outputs, repeats, stride in STAGES:
            for repeat in range(repeats):
                layers.append(InvertedResidual(channels, outputs, expansion, stride if repeat == 0 else 1))
                channels = outputs
        layers += [*convolution(channels, 1280, 1), nn.ReLU6(inplace=True)]
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout2d(dropout)
        self.classifier = nn.Conv2d(1280, 1, 1)
        nn.init.normal_(self.classifier.weight, std=0.01)
        nn.init.zeros_(self.classifier.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """The class activation map of `fake`."""
        activation: Tensor = self.classifier(self.dropout(self.features(x)))
        return activation.squeeze(1)

    def load_imagenet(self, path: str | Path) -> None:
        """Load ImageNet weights from an `.npz` with `w0, b0 … w51, b51`, batch norm folded in."""
        weights = np.load(path)
        convolutions = [module for module in self.features.modules() if isinstance(module, nn.Conv2d)]
        with torch.no_grad():
            for index, layer in enumerate(convolutions):
                layer.weight.copy_(torch.from_numpy(weights[f"w{index}"].astype(np.float32)))
                assert layer.bias is not None
                layer.bias.copy_(torch.from_numpy(weights[f"b{index}"].astype(np.float32)))
