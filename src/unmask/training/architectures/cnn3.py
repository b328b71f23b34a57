"""The three-block network: three convolutions, one dense layer, one sigmoid. 3,304,769 parameters at 128 px.

Origin: the first network of nearly every notebook and course project on the subject; here as the yardstick.
"""

from __future__ import annotations

from torch import Tensor, nn

from unmask.training.architectures.layers import block, side_after


class Cnn3(nn.Module):
    """Pixels in [-1, 1] `[N, 3, size, size]` to the logit of `fake` `[N]`."""

    def __init__(self, size: int = 128, dropout: float = 0.5) -> None:
        super().__init__()
        side = side_after(size, 3, lost=2)
        self.features = nn.Sequential(*block(3, 32), *block(32, 64), *block(64, 128), nn.Flatten())
        self.dense = nn.Sequential(nn.Linear(128 * side * side, 128), nn.ReLU(inplace=True), nn.Dropout(dropout))
        self.classifier = nn.Linear(128, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The logit of `fake`."""
        logit: Tensor = self.classifier(self.dense(self.features(x)))
        return logit.squeeze(1)
