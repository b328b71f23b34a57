from __future__ import annotations

import pytest
import torch

from unmask.training.config import LossConfig
from unmask.training.engine.losses import binary_loss, mixup


def test_label_smoothing_and_focal_weighting() -> None:
    logits, targets = torch.tensor([2.0, -3.0]), torch.tensor([1.0, 0.0])
    plain = binary_loss(logits, targets, LossConfig())
    assert plain == pytest.approx(float((-torch.log(torch.sigmoid(torch.tensor([2.0, 3.0])))).mean()))
    assert binary_loss(logits, targets, LossConfig(label_smoothing=0.1)) > plain
    assert binary_loss(logits, targets, LossConfig(focal=2.0)) < 0.05 * plain


def test_consistency_adds_the_squared_distance_of_two_views() -> None:
    targets, config = torch.tensor([1.0, 1.0, 0.0, 0.0]), LossConfig(consistency=0.5)
    agreeing, apart = torch.tensor([2.0, 2.0, -1.0, -1.0]), torch.tensor([2.0, -1.0, 2.0, -1.0])
    assert binary_loss(agreeing, targets, config) == binary_loss(agreeing, targets, LossConfig())
    assert binary_loss(apart, targets, config) == pytest.approx(
        float(binary_loss(apart, targets, LossConfig())) + 0.5 * 9
    )


def test_mixup_blends_inputs_and_targets() -> None:
    inputs, targets = torch.eye(4).view(4, 1, 2, 2), torch.tensor([1.0, 0.0, 0.0, 0.0])
    mixed, labels = mixup(inputs, targets, 0.5, 1, 7)
    share = labels[0].item()
    assert labels.tolist() == pytest.approx([share, 0, 0, 1 - share])
    assert torch.allclose(mixed[0], share * inputs[0] + (1 - share) * inputs[3])
    assert torch.equal(mixup(inputs, targets, 0.0, 1, 7)[0], inputs)
