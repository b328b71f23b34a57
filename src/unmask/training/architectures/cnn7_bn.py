"""Seven blocks of convolution, batch norm, ReLU and pooling, 16 to 1024 channels. 6,297,473 parameters.

Origin: a design that recurs in public notebooks on "Deepfake and real images"; at 224 px one pixel is left.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from unmask.training.architectures.layers import block, side_after

CHANNELS = (3, 16, 32, 64, 128, 256, 512, 1024)


class Cnn7BatchNorm(nn.Module):
    """Pixels in [-1, 1] `[N, 3, size, size]` to the logit of `fake` `[N]`."""

    def __init__(self, size: int = 224, dropout: float = 0.5) -> None:
        super().__init__()
        side = side_after(size, 7)
        blocks = [
            layer for inputs, outputs in pairwise(CHANNELS) for layer in block(inputs, outputs, padding=1, norm=True)
        ]
        self.features = nn.Sequential(*blocks, nn.Flatten(), nn.Dropout(dropout))
        self.classifier = nn.Linear(CHANNELS[-1] * side * side, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The logit of `fake`."""
        logit: Tensor = self.classifier(self.features(x))
        return logit.squeeze(1)
