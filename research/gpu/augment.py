"""Augmentation of whole batches on the GPU. Images are `[N, 3, S, S]` with values from 0 to 1.

Each step changes a random part of the batch, the same way for both classes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

SCALES = (0.35, 0.5, 0.7)
"""Sizes to which images are scaled down and back up."""
SHARE = 0.3
"""Share of the images that each step changes, except for flips and crops."""


def augment(images: Tensor) -> Tensor:
    """Flipped, cropped, degraded and recolored images."""
    images = crop(images)
    for step in (rescale, blur, recolor, add_noise, compress):
        chosen = torch.rand(len(images), device=images.device) < SHARE
        images = torch.where(chosen[:, None, None, None], step(images), images)
    return images.clamp(0, 1)


def crop(images: Tensor, smallest: float = 0.7) -> Tensor:
    """Random square crops with a side of `smallest` to 1 of the image, flipped half of the time."""
    count, device = len(images), images.device
    side = smallest + (1 - smallest) * torch.rand(count, device=device)
    flip = torch.where(torch.rand(count, device=device) < 0.5, -1.0, 1.0)
    shift = (2 * torch.rand(2, count, device=device) - 1) * (1 - side)
    matrix = torch.zeros(count, 2, 3, device=device)
    matrix[:, 0, 0], matrix[:, 1, 1] = side * flip, side
    matrix[:, 0, 2], matrix[:, 1, 2] = shift[0], shift[1]
    grid = functional.affine_grid(matrix, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def rescale(images: Tensor) -> Tensor:
    """Scaled down and up again, by one factor for the batch."""
    size = images.shape[-1]
    small = max(8, round(size * SCALES[int(torch.randint(len(SCALES), ()))]))
    less = functional.interpolate(images, (small, small), mode="bilinear", antialias=True)
    return functional.interpolate(less, (size, size), mode="bicubic")


def blur(images: Tensor) -> Tensor:
    """Gaussian blur, with one radius for the batch."""
    sigma = 0.4 + 1.2 * float(torch.rand(()))
    offsets = torch.arange(-3, 4, device=images.device, dtype=images.dtype)
    kernel = torch.exp(-(offsets**2) / (2 * sigma**2))
    rows = (kernel / kernel.sum()).view(1, 1, 1, 7).expand(3, 1, 1, 7)
    padded = functional.pad(images, (3, 3, 3, 3), mode="reflect")
    return functional.conv2d(functional.conv2d(padded, rows, groups=3), rows.transpose(2, 3), groups=3)


def recolor(images: Tensor) -> Tensor:
    """Other brightness, contrast, saturation and white balance."""
    gains = 1 + 0.2 * (2 * torch.rand(len(images), 3, 1, 1, device=images.device) - 1)
    contrast, saturation = 1 + 0.3 * (2 * torch.rand(2, len(images), 1, 1, 1, device=images.device) - 1)
    gray = images.mean(1, keepdim=True)
    images = (gray + saturation * (images - gray)) * gains
    mean = images.mean((1, 2, 3), keepdim=True)
    changed: Tensor = mean + contrast * (images - mean)
    return changed


def add_noise(images: Tensor) -> Tensor:
    """Gaussian noise."""
    strength = 0.04 * torch.rand(len(images), 1, 1, 1, device=images.device)
    return images + strength * torch.randn_like(images)


def compress(images: Tensor) -> Tensor:
    """Rounded coefficients of 8 x 8 blocks, as JPEG does; higher frequencies more coarsely."""
    count, channels, size, _ = images.shape
    basis = _cosines(images)
    blocks = images.reshape(count, channels, size // 8, 8, size // 8, 8).transpose(3, 4)
    found = basis @ blocks @ basis.T
    order = torch.arange(8, device=images.device, dtype=images.dtype)
    coarseness = 0.01 + 0.05 * torch.rand(count, 1, 1, 1, 1, 1, device=images.device)
    step = coarseness * (1 + (order[:, None] + order) / 2)
    rounded = basis.T @ (torch.round(found / step) * step) @ basis
    return rounded.transpose(3, 4).reshape(images.shape)


def _cosines(like: Tensor) -> Tensor:
    """The matrix of the discrete cosine transform of 8 values."""
    order = torch.arange(8, device=like.device, dtype=like.dtype)
    basis = torch.cos(math.pi / 8 * (order + 0.5) * order[:, None]) / 2
    return torch.where(order[:, None] == 0, basis / math.sqrt(2), basis)
