"""The loss of the face detector: quality focal loss (score), distance IoU (box), smooth L1 (landmarks).

The target score of a cell with a face is 0.5 + IoU / 2. In the paper it is the IoU alone; with that target, the scores
of hard faces and of textures overlapped.

Sources: Li et al., "Generalized Focal Loss", NeurIPS 2020; Zheng et al., "Distance-IoU Loss", AAAI 2020.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from research.face_detector.network import decode
from research.face_detector.targets import Targets


def detection_loss(raw: Tensor, targets: Targets, centers: Tensor, strides: Tensor) -> tuple[Tensor, dict[str, float]]:
    """The loss of a batch.

    Args:
        raw: predictions `[N, cells, 15]`.
        targets: targets of the cells.
        centers: centers of the cells `[cells, 2]`.
        strides: strides of the cells `[cells, 1]`.

    Returns:
        The mean loss, a scalar, and its parts "score", "box" and "points" for the log.
    """
    boxes, points = decode(raw, centers, strides)
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
    """IoU of each pair of boxes, and squared center distance over the squared diagonal of the enclosing box."""
    inner = (
        (torch.minimum(first[:, 2:], second[:, 2:]) - torch.maximum(first[:, :2], second[:, :2])).clamp(min=0).prod(1)
    )
    areas = (first[:, 2:] - first[:, :2]).prod(1) + (second[:, 2:] - second[:, :2]).prod(1)
    outer = torch.maximum(first[:, 2:], second[:, 2:]) - torch.minimum(first[:, :2], second[:, :2])
    offset = (first[:, :2] + first[:, 2:] - second[:, :2] - second[:, 2:]) / 2
    distance = offset.square().sum(1) / outer.square().sum(1).clamp(min=1e-6)
    return inner / (areas - inner).clamp(min=1e-6), distance
