"""The image tower of CLIP in torch, with the parameter names of its ONNX file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

MEAN = (0.48145466, 0.4578275, 0.40821073)
SPREAD = (0.26862954, 0.26130258, 0.27577711)
"""Mean and standard deviation of the pixels, for values from 0 to 1."""


@dataclass(frozen=True)
class Shape:
    """Sizes of a vision transformer; the defaults are those of ViT-B/16."""

    width: int = 768
    layers: int = 12
    heads: int = 12
    patch: int = 16
    size: int = 224
    out: int = 512


class Attention(nn.Module):
    """Self-attention with separate projections."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(shape.width, shape.width) for _ in range(4))

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens `[N, T, W]` to tokens."""
        count, length, width = tokens.shape
        projected = (project(tokens) for project in (self.q_proj, self.k_proj, self.v_proj))
        query, key, value = (each.view(count, length, self.heads, -1).transpose(1, 2) for each in projected)
        mixed = functional.scaled_dot_product_attention(query, key, value)
        return self.out_proj(mixed.transpose(1, 2).reshape(count, length, width))  # type: ignore[no-any-return]


class Mlp(nn.Module):
    """Two layers with the quick GELU."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(shape.width, 4 * shape.width), nn.Linear(4 * shape.width, shape.width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens `[N, T, W]` to tokens."""
        hidden = self.fc1(tokens)
        return self.fc2(hidden * torch.sigmoid(1.702 * hidden))  # type: ignore[no-any-return]


class ClipLayer(nn.Module):
    """One layer of the transformer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.layer_norm1, self.layer_norm2 = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.self_attn, self.mlp = Attention(shape), Mlp(shape)

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens `[N, T, W]` to tokens."""
        tokens = tokens + self.self_attn(self.layer_norm1(tokens))
        return tokens + self.mlp(self.layer_norm2(tokens))  # type: ignore[no-any-return]


class Embeddings(nn.Module):
    """Patches and a class token, with their positions."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.patch_embedding = nn.Conv2d(3, shape.width, shape.patch, shape.patch, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(shape.width))
        self.position_embedding = nn.Embedding((shape.size // shape.patch) ** 2 + 1, shape.width)

    def forward(self, images: Tensor) -> Tensor:
        """Images `[N, 3, S, S]` with values from 0 to 1 to tokens `[N, T, W]`."""
        mean, spread = images.new_tensor([MEAN, SPREAD]).view(2, 3, 1, 1)
        patches = self.patch_embedding((images - mean) / spread).flatten(2).transpose(1, 2)
        first = self.class_embedding.expand(len(images), 1, -1)
        return torch.cat([first, patches], dim=1) + self.position_embedding.weight


class Encoder(nn.Module):
    """All layers."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.layers = nn.ModuleList(ClipLayer(shape) for _ in range(shape.layers))

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens `[N, T, W]` to tokens."""
        for layer in self.layers:
            tokens = layer(tokens)
        return tokens


class Transformer(nn.Module):
    """All but the final projection."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embeddings = Embeddings(shape)
        self.pre_layrnorm = nn.LayerNorm(shape.width)  # the spelling of the ONNX file
        self.encoder = Encoder(shape)
        self.post_layernorm = nn.LayerNorm(shape.width)

    def forward(self, images: Tensor) -> Tensor:
        """Images to the class tokens `[N, W]`."""
        tokens = self.pre_layrnorm(self.embeddings(images))
        return self.post_layernorm(self.encoder(tokens)[:, 0])  # type: ignore[no-any-return]


class Tower(nn.Module):
    """Unit-length embeddings of images; only its LayerNorm parameters learn."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.vision_model = Transformer(shape)
        self.visual_projection = nn.Linear(shape.width, shape.out, bias=False)
        self.requires_grad_(False)
        for parameter in self.norms().values():
            parameter.requires_grad_(True)

    @classmethod
    def load(cls, arrays: Mapping[str, NDArray[Any]], shape: Shape) -> Tower:
        """The tower with the weights that `clip_weights.read_parts` gives."""
        tower = cls(shape)
        tower.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in arrays.items()})
        return tower

    def norms(self) -> dict[str, nn.Parameter]:
        """The parameters of all LayerNorms by name."""
        modules = [(name, module) for name, module in self.named_modules() if isinstance(module, nn.LayerNorm)]
        return {f"{name}.{kind}": value for name, module in modules for kind, value in module.named_parameters()}

    def imitate_integers(self) -> Tower:
        """Round what the matrices read as the 8-bit ONNX file does, so that the norms are tuned for that file."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                module.register_forward_pre_hook(lambda _, inputs: (round_to_integers(inputs[0]),))
        return self

    def halve(self) -> Tower:
        """Keep the matrices as bfloat16, so that autocast need not convert them each time."""
        for module in self.modules():
            if isinstance(module, nn.Linear | nn.Conv2d):
                module.to(torch.bfloat16)
        return self

    def forward(self, images: Tensor) -> Tensor:
        """Unit-length embeddings `[N, O]` of images `[N, 3, S, S]` with values from 0 to 1."""
        return functional.normalize(self.visual_projection(self.vision_model(images)).float(), dim=1)


def round_to_integers(values: Tensor) -> Tensor:
    """Values rounded to 256 even steps between the extremes of each image and 0; gradients pass unchanged."""
    rounded = values.detach().float()
    axes = tuple(range(1, values.ndim))
    lowest, highest = rounded.amin(axes, keepdim=True).clamp(max=0), rounded.amax(axes, keepdim=True).clamp(min=0)
    step = ((highest - lowest) / 255).clamp(min=1e-12)
    zero = torch.round(-lowest / step)
    rounded = (torch.clamp(torch.round(rounded / step) + zero, 0, 255) - zero) * step
    return values + (rounded - values).detach()
