from __future__ import annotations

from importlib import import_module

import pytest
import torch

from unmask.training.models.factory import HEAD, create_model, to_logit
from unmask.training.models.registry import ARCHITECTURES


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_network_matches_its_entry(name: str) -> None:
    entry = ARCHITECTURES[name]
    network = create_model(name).eval()
    assert sum(weight.numel() for weight in network.parameters()) == entry.parameters
    module, name = entry.factory.split(":")
    documented = import_module(module)
    assert f"{entry.parameters:,} parameters" in documented.__doc__ + (getattr(documented, name).__doc__ or "")
    side = entry.size if not entry.has_cam else 64
    with torch.inference_mode():
        output = network(torch.rand(2, 3, side, side) * 2 - 1)
    assert to_logit(output).shape == (2,)
    assert (output.ndim == 3) == entry.has_cam
    assert HEAD in dict(network.named_children())


def test_the_three_block_network_has_the_published_number_of_parameters() -> None:
    assert ARCHITECTURES["cnn3"].parameters == 3_304_769
