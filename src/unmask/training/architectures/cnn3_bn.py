"""The three-block network with batch norm and a two-class softmax. 14,839,682 parameters at 256 px.

Origin: the improved course-project network; its softmax over (real, fake) is a sigmoid of the difference.
"""

from __future__ import annotations

from torch import Tensor, nn

from unmask.training.architectures.layers import block, side_after


class Cnn3BatchNorm(nn.Module):
    """Pixels in [-1, 1] `[N, 3, size, size]` to the scores of real and fake `[N, 2]`."""

    def __init__(self, size: int = 256, dropout: float = 0.5) -> None:
        super().__init__()
        side = side_after(size, 3, lost=2)
        blocks = (*block(3, 32, norm=True), *block(32, 64, norm=True), *block(64, 128, norm=True))
        self.features = nn.Sequential(*blocks, nn.Flatten())
        self.dense = nn.Sequential(nn.Linear(128 * side * side, 128), nn.ReLU(inplace=True), nn.Dropout(dropout))
        self.classifier = nn.Linear(128, 2)

    def forward(self, x: Tensor) -> Tensor:
        """The scores of real and fake, before the softmax."""
        scores: Tensor = self.classifier(self.dense(self.features(x)))
        return scores
