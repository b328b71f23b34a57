from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from unmask.errors import RecipeError
from unmask.training.architectures.building import HEAD, create, logit_of, start
from unmask.training.architectures.catalogue import CATALOGUE
from unmask.training.architectures.cnn_spectral import LogSpectrum
from unmask.training.architectures.mobilenetv2 import MobileNetV2
from unmask.training.exporting import export
from unmask.training.recipe import Network, Recipe


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_network_is_what_the_catalogue_says(name: str) -> None:
    entry = CATALOGUE[name]
    network = create(name).eval()
    assert sum(weight.numel() for weight in network.parameters()) == entry.parameters
    module = __import__(entry.factory.split(":")[0], fromlist=["__doc__"])
    assert f"{entry.parameters:,} parameters" in module.__doc__
    side = entry.size if not entry.has_cam else 64
    with torch.inference_mode():
        output = network(torch.rand(2, 3, side, side) * 2 - 1)
    assert logit_of(output).shape == (2,)
    assert (output.ndim == 3) == entry.has_cam
    assert HEAD in dict(network.named_children())


def test_the_three_block_network_has_the_published_number_of_parameters() -> None:
    assert CATALOGUE["cnn3"].parameters == 3_304_769


def test_a_logit_is_read_from_every_kind_of_output() -> None:
    pairs = torch.tensor([[1.0, 3.0], [2.0, -1.0]])
    assert logit_of(pairs).tolist() == [2.0, -3.0]
    assert torch.allclose(torch.sigmoid(logit_of(pairs)), torch.softmax(pairs, 1)[:, 1])
    assert logit_of(torch.tensor([[[1.0, 3.0]]])).tolist() == [2.0]
    assert logit_of(torch.tensor([4.0])).tolist() == [4.0]


@pytest.mark.parametrize(("name", "size"), [("cnn7-bn", 64), ("mobilenetv2", 16)])
def test_a_picture_too_small_for_a_network_is_refused(name: str, size: int) -> None:
    with pytest.raises(RecipeError, match=f"{name} at {size} px: the picture is too small"):
        create(name, size=size)
    create(name, size=224)


def test_the_spectrum_is_that_of_numpy() -> None:
    pixels = torch.rand(1, 3, 48, 48)
    luma = (pixels[0] * torch.tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(0).double().numpy()
    expected = np.log1p(np.abs(np.fft.fftshift(np.fft.fft2(luma))) / 48)
    assert np.allclose(LogSpectrum(48)(pixels)[0, 0].numpy(), expected, atol=1e-3)


def test_weights_come_from_a_file_and_the_head_may_be_missing(tmp_path: Path) -> None:
    other = create("vit")
    state = {name: value for name, value in other.state_dict().items() if not name.startswith(HEAD)}
    torch.save(state, tmp_path / "vit.pt")
    network = create("vit")
    start(network, Network(weights=str(tmp_path / "vit.pt")))
    assert all(torch.equal(network.state_dict()[name], value) for name, value in state.items())


@pytest.mark.parametrize("form", ["bare", "checkpoint", "parallel", "narrow"])
def test_xception_takes_weights_in_every_form_they_circulate_in(tmp_path: Path, form: str) -> None:
    donor, network = create("xception"), create("xception")
    state = {name: value for name, value in donor.state_dict().items() if not name.startswith("classifier")}
    stored = {
        "bare": state | {"fc.weight": torch.zeros(1000, 2048)},
        "checkpoint": {"state_dict": state, "epoch": 3},
        "parallel": {f"module.{name}": value for name, value in state.items()},
        "narrow": {name: value.squeeze((2, 3)) if "pointwise" in name else value for name, value in state.items()},
    }[form]
    torch.save(stored, tmp_path / "xception.pth")
    start(network, Network(weights=str(tmp_path / "xception.pth")))
    assert all(torch.equal(network.state_dict()[name], value) for name, value in state.items())


def test_a_network_goes_on_from_a_model_file(tmp_path: Path) -> None:
    donor, network = create("mobilenetv2"), create("mobilenetv2")
    export(donor, 64, tmp_path / "model.onnx")
    start(network, Network(weights=str(tmp_path / "model.onnx")))
    for name, value in donor.state_dict().items():
        assert torch.equal(network.state_dict()[name], value), name


def test_a_model_file_whose_names_are_lost_is_refused(tmp_path: Path) -> None:
    export(create("grain"), 64, tmp_path / "model.onnx")
    with pytest.raises(RecipeError, match="has no fitting"):
        start(create("mobilenetv2"), Network(weights=str(tmp_path / "model.onnx")))


def test_weights_that_do_not_fit_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save(create("cnn3").state_dict(), tmp_path / "cnn3.pt")
    monkeypatch.setenv("UNMASK_WEIGHTS", str(tmp_path))
    with pytest.raises(RecipeError, match=r"has no fitting embed.weight"):
        start(create("vit"), Network(weights="cnn3.pt"))
    (tmp_path / "noise.pt").write_bytes(b"noise")
    with pytest.raises(RecipeError, match="cannot be read"):
        start(create("vit"), Network(weights="noise.pt"))
    with pytest.raises(RecipeError, match=r"--set network\.weights=PATH"):
        start(create("vit"), Network(weights="nowhere.pt"))


def test_folded_imagenet_weights_reach_every_convolution(tmp_path: Path) -> None:
    donor = MobileNetV2()
    layers = [layer for layer in donor.features.modules() if isinstance(layer, torch.nn.Conv2d)]
    arrays = {f"w{i}": layer.weight.detach().numpy().astype(np.float16) for i, layer in enumerate(layers)}
    biases = {f"b{i}": layer.bias.detach().numpy() for i, layer in enumerate(layers) if layer.bias is not None}
    np.savez(tmp_path / "weights.npz", **arrays, **biases)
    network = create("mobilenetv2")
    start(network, Network(weights=str(tmp_path / "weights.npz")))
    assert len(layers) == 52
    for own, given in zip(network.features.parameters(), donor.features.parameters(), strict=True):  # type: ignore[union-attr,operator]
        assert torch.allclose(own, given, atol=1e-3)


def test_a_frozen_base_leaves_the_head_to_train() -> None:
    network = create("xception")
    start(network, Network(freeze="base"))
    trained = {name for name, weight in network.named_parameters() if weight.requires_grad}
    assert trained == {"classifier.weight", "classifier.bias"}
    assert Recipe.load("xception-frozen").network.freeze == "base"
