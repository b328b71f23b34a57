"""Classic convolutional networks of notebooks and textbooks. Input: pixels in [-1, 1], `[N, 3, size, size]`."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

CHANNELS = (3, 16, 32, 64, 128, 256, 512, 1024)
"""Of the seven blocks of `Cnn7BatchNorm`."""


def conv_block(inputs: int, outputs: int, *, kernel: int = 3, padding: int = 0, norm: bool = False) -> list[nn.Module]:
    """Convolution, optional batch norm, ReLU, and 2×2 max pooling."""
    layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, kernel, padding=padding)]
    if norm:
        layers.append(nn.BatchNorm2d(outputs))
    return [*layers, nn.ReLU(inplace=True), nn.MaxPool2d(2)]


def feature_map_size(size: int, blocks: int, *, lost: int = 0) -> int:
    """Side of the feature map after some blocks, each of which removes `lost` border pixels and halves the side.

    Raises:
        ValueError: the side would be 0.
    """
    for _ in range(blocks):
        size = (size - lost) // 2
    if size < 1:
        raise ValueError("the input is too small for this network")
    return size


class Cnn3(nn.Module):
    """Three convolution blocks and a dense layer; 3,304,769 parameters at 128 px. Output: the logit of `fake`, `[N]`.

    Source: the first network of most notebooks and course projects on deepfake detection.
    """

    def __init__(self, size: int = 128, dropout: float = 0.5) -> None:
        super().__init__()
        side = feature_map_size(size, 3, lost=2)
        self.features = nn.Sequential(*conv_block(3, 32), *conv_block(32, 64), *conv_block(64, 128), nn.Flatten())
        self.dense = nn.Sequential(nn.Linear(128 * side * side, 128), nn.ReLU(inplace=True), nn.Dropout(dropout))
        self.classifier = nn.Linear(128, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The logit of `fake`."""
        logit: Tensor = self.classifier(self.dense(self.features(x)))
        return logit.squeeze(1)


class Cnn3BatchNorm(nn.Module):
    """`Cnn3` with batch norm and two scores, real and fake, `[N, 2]`; 14,839,682 parameters at 256 px.

    Source: the improved network of course projects. A softmax over two scores is the sigmoid of their difference.
    """

    def __init__(self, size: int = 256, dropout: float = 0.5) -> None:
        super().__init__()
        side = feature_map_size(size, 3, lost=2)
        blocks = (
            *conv_block(3, 32, norm=True),
            *conv_block(32, 64, norm=True),
            *conv_block(64, 128, norm=True),
        )
        self.features = nn.Sequential(*blocks, nn.Flatten())
        self.dense = nn.Sequential(nn.Linear(128 * side * side, 128), nn.ReLU(inplace=True), nn.Dropout(dropout))
        self.classifier = nn.Linear(128, 2)

    def forward(self, x: Tensor) -> Tensor:
        """The scores of real and fake, before the softmax."""
        scores: Tensor = self.classifier(self.dense(self.features(x)))
        return scores


class Cnn7BatchNorm(nn.Module):
    """Seven blocks with batch norm, 16 to 1024 channels; 6,297,473 parameters. Output: the logit of `fake`, `[N]`.

    Source: a design that recurs in public notebooks on "Deepfake and real images"; at 224 px its last map has 1×1
    pixels.
    """

    def __init__(self, size: int = 224, dropout: float = 0.5) -> None:
        super().__init__()
        side = feature_map_size(size, 7)
        blocks = [
            layer
            for inputs, outputs in pairwise(CHANNELS)
            for layer in conv_block(inputs, outputs, padding=1, norm=True)
        ]
        self.features = nn.Sequential(*blocks, nn.Flatten(), nn.Dropout(dropout))
        self.classifier = nn.Linear(CHANNELS[-1] * side * side, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The logit of `fake`."""
        logit: Tensor = self.classifier(self.features(x))
        return logit.squeeze(1)


class CnnDense(nn.Module):
    """64 filters of 7×7, twice 128 of 3×3, two dense layers; 13,084,417 parameters. Output: the logit of `fake`, `[N]`.

    Source: the plain convolutional network of Keras textbooks (Géron, "Hands-On Machine Learning"), adapted to faces.
    """

    def __init__(self, size: int = 224, dropout: float = 0.5) -> None:
        super().__init__()
        side = feature_map_size(size, 3)
        blocks = (
            *conv_block(3, 64, kernel=7, padding=3),
            *conv_block(64, 128, padding=1),
            *conv_block(128, 128, padding=1),
        )
        self.features = nn.Sequential(*blocks, nn.Flatten())
        first = (nn.Linear(128 * side * side, 128), nn.ReLU(inplace=True), nn.Dropout(dropout))
        second = (nn.Linear(128, 64), nn.ReLU(inplace=True), nn.Dropout(dropout))
        self.dense = nn.Sequential(*first, *second)
        self.classifier = nn.Linear(64, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The logit of `fake`."""
        logit: Tensor = self.classifier(self.dense(self.features(x)))
        return logit.squeeze(1)
