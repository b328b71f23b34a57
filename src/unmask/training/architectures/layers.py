"""The block the classic networks are made of."""

from __future__ import annotations

from torch import nn


def block(inputs: int, outputs: int, *, kernel: int = 3, padding: int = 0, norm: bool = False) -> list[nn.Module]:
    """Convolution, batch norm where wanted, ReLU, and halving by max-pooling."""
    layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, kernel, padding=padding)]
    if norm:
        layers.append(nn.BatchNorm2d(outputs))
    return [*layers, nn.ReLU(inplace=True), nn.MaxPool2d(2)]


def side_after(size: int, blocks: int, *, lost: int = 0) -> int:
    """Side of the map after that many blocks, each of which cuts `lost` pixels off and halves.

    Raises:
        ValueError: nothing would be left of the picture.
    """
    for _ in range(blocks):
        size = (size - lost) // 2
    if size < 1:
        raise ValueError("the picture is too small for this network")
    return size
