"""The loss: quality focal loss for the score, distance IoU for the box, smooth L1 for the landmarks.

A cell with a face should score half of 1 for the face, and the other half for how well its box fits; with the fit alone
(as the paper has it) scores of hard faces and of faceless texture overlapped.

Sources: Li et al., "Generalized Focal Loss", NeurIPS 2020; Zheng et al., "Distance-IoU Loss", AAAI 2020.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from research.facefinder.network import decode
from research.facefinder.targets import Targets


def finder_loss(raw: Tensor, targets: Targets, centres: Tensor, strides: Tensor) -> tuple[Tensor, dict[str, float]]:
    """The loss of raw predictions `[N, cells, 15]` and its parts as numbers for the log."""
    boxes, points = decode(raw, centres, strides)
    chosen = targets.positive
    count = max(1.0, float(chosen.sum()))
    wanted = targets.faces[chosen]
    overlap, distance = _overlap(boxes[chosen], wanted[:, :4])
    box = (1 - overlap + distance).sum() / count
    size = (wanted[:, 2:4] - wanted[:, :2]).mean(1)[:, None, None]
    shift = (points[chosen] - wanted[:, 4:].reshape(-1, 5, 2)) / size
    landmarks = functional.smooth_l1_loss(shift, torch.zeros_like(shift), beta=0.05, reduction="sum") / (10 * count)
    quality = torch.zeros_like(raw[..., 0])
    quality[chosen] = 0.5 + 0.5 * overlap.detach().clamp(0, 1)
    score = _quality_focal(raw[..., 0], quality)[targets.counted].sum() / count
    total = score + 2 * box + landmarks
    return total, {"score": score.item(), "box": box.item(), "points": landmarks.item()}


def _quality_focal(logits: Tensor, quality: Tensor) -> Tensor:
    entropy = functional.binary_cross_entropy_with_logits(logits, quality, reduction="none")
    return entropy * (logits.sigmoid() - quality).detach().square()


def _overlap(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """IoU of corner boxes pair by pair, and the squared centre distance over the enclosing diagonal's square."""
    inner = (
        (torch.minimum(first[:, 2:], second[:, 2:]) - torch.maximum(first[:, :2], second[:, :2])).clamp(min=0).prod(1)
    )
    areas = (first[:, 2:] - first[:, :2]).prod(1) + (second[:, 2:] - second[:, :2]).prod(1)
    outer = torch.maximum(first[:, 2:], second[:, 2:]) - torch.minimum(first[:, :2], second[:, :2])
    apart = (first[:, :2] + first[:, 2:] - second[:, :2] - second[:, 2:]) / 2
    distance = apart.square().sum(1) / outer.square().sum(1).clamp(min=1e-6)
    return inner / (areas - inner).clamp(min=1e-6), distance
