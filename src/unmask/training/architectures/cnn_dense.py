"""A wide stem and two dense layers: 64 filters of 7×7, twice 128 of 3×3, dense 128 and 64.

13,084,417 parameters, 224 px.

Origin: the plain convolutional network of Keras textbooks (Géron, "Hands-On Machine Learning"), cut to faces.
"""

from __future__ import annotations

from torch import Tensor, nn

from unmask.training.architectures.layers import block, side_after


class CnnDense(nn.Module):
    """Pixels in [-1, 1] `[N, 3, size, size]` to the logit of `fake` `[N]`."""

    def __init__(self, size: int = 224, dropout: float = 0.5) -> None:
        super().__init__()
        side = side_after(size, 3)
        blocks = (*block(3, 64, kernel=7, padding=3), *block(64, 128, padding=1), *block(128, 128, padding=1))
        self.features = nn.Sequential(*blocks, nn.Flatten())
        first = (nn.Linear(128 * side * side, 128), nn.ReLU(inplace=True), nn.Dropout(dropout))
        second = (nn.Linear(128, 64), nn.ReLU(inplace=True), nn.Dropout(dropout))
        self.dense = nn.Sequential(*first, *second)
        self.classifier = nn.Linear(64, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The logit of `fake`."""
        logit: Tensor = self.classifier(self.dense(self.features(x)))
        return logit.squeeze(1)
