"""A small vision transformer: patches of 16 px, 8 layers of width 192. 3,707,137 parameters, 224 px.

Source: Dosovitskiy et al., "An Image is Worth 16×16 Words", ICLR 2021. The mean over the patches replaces the class
token, as in Beyer et al., "Better plain ViT baselines for ImageNet-1k", 2022, so that the activation map is exact.
Positions are fixed sines and cosines, so that the side of the input may be any multiple of 16.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

PATCH, WIDTH, DEPTH, HEADS = 16, 192, 8, 3


def positions(rows: int, columns: int, width: int) -> Tensor:
    """Sine-cosine position encoding of the row and column of each patch: `[rows · columns, width]`."""
    frequencies = 10_000.0 ** (-torch.arange(width // 4) / (width // 4))
    y = torch.arange(rows)[:, None] * frequencies
    x = torch.arange(columns)[:, None] * frequencies
    vertical = torch.cat([y.sin(), y.cos()], dim=1)[:, None].expand(rows, columns, width // 2)
    horizontal = torch.cat([x.sin(), x.cos()], dim=1)[None].expand(rows, columns, width // 2)
    return torch.cat([vertical, horizontal], dim=2).reshape(rows * columns, width)


class Layer(nn.Module):
    """Pre-norm transformer layer: self-attention and a two-layer perceptron, each with a residual connection."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.queries_keys_values = nn.Linear(WIDTH, 3 * WIDTH)
        self.project = nn.Linear(WIDTH, WIDTH)
        self.perceptron = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        """`[N, patches, WIDTH]` to the same shape."""
        x = x + self._attend(self.norm1(x))
        y: Tensor = x + self.perceptron(self.norm2(x))
        return y

    def _attend(self, x: Tensor) -> Tensor:
        count, patches, _ = x.shape
        q, k, v = self.queries_keys_values(x).view(count, patches, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v)
        y: Tensor = self.project(mixed.transpose(1, 2).reshape(count, patches, WIDTH))
        return y


class VisionTransformer(nn.Module):
    """Maps pixels in [-1, 1] `[N, 3, H, W]` to a class activation map `[N, H/16, W/16]` whose mean is the logit."""

    def __init__(self, dropout: float = 0.1) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, WIDTH, PATCH, stride=PATCH)
        self.layers = nn.Sequential(*(Layer() for _ in range(DEPTH)))
        self.norm = nn.LayerNorm(WIDTH)
        self.dropout = nn.Dropout(dropout)
        self.classifier = nn.Linear(WIDTH, 1)

    def forward(self, x: Tensor) -> Tensor:
        """The class activation map of `fake`."""
        patches = self.embed(x)
        rows, columns = patches.shape[2:]
        tokens = patches.flatten(2).transpose(1, 2)
        tokens = tokens + positions(rows, columns, WIDTH).to(tokens)
        tokens = self.norm(self.layers(tokens))
        activation: Tensor = self.classifier(self.dropout(tokens))
        return activation.view(-1, rows, columns)
