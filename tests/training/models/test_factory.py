from __future__ import annotations

from pathlib import Path

import pytest
import torch

from tests.training.conftest import small_mobilenet
from unmask.errors import RecipeError
from unmask.training.config import Recipe
from unmask.training.models.factory import HEAD, create_model, initialize, to_logit


def test_a_logit_is_read_from_every_kind_of_output() -> None:
    pairs = torch.tensor([[1.0, 3.0], [2.0, -1.0]])
    assert to_logit(pairs).tolist() == [2.0, -3.0]
    assert torch.allclose(torch.sigmoid(to_logit(pairs)), torch.softmax(pairs, 1)[:, 1])
    assert to_logit(torch.tensor([[[1.0, 3.0]]])).tolist() == [2.0]
    assert to_logit(torch.tensor([4.0])).tolist() == [4.0]


@pytest.mark.parametrize(("name", "size"), [("cnn7-bn", 64), ("mobilenetv2", 16)])
def test_an_input_too_small_for_a_network_is_an_error(name: str, size: int) -> None:
    with pytest.raises(RecipeError, match=f"{name} at {size} px: the input is too small for this network"):
        create_model(name, size=size)
    create_model(name, size=224)


def test_a_weights_file_may_lack_the_head(tmp_path: Path) -> None:
    other = create_model("vit")
    state = {name: value for name, value in other.state_dict().items() if not name.startswith(HEAD)}
    torch.save(state, tmp_path / "vit.pt")
    network = create_model("vit")
    initialize(network, weights=str(tmp_path / "vit.pt"))
    assert all(torch.equal(network.state_dict()[name], value) for name, value in state.items())


@pytest.mark.parametrize("form", ["bare", "checkpoint", "parallel", "narrow"])
def test_common_formats_of_weights_are_loaded(tmp_path: Path, form: str) -> None:
    donor, network = create_model("xception"), create_model("xception")
    state = {name: value for name, value in donor.state_dict().items() if not name.startswith("classifier")}
    stored = {
        "bare": state | {"fc.weight": torch.zeros(1000, 2048)},
        "checkpoint": {"state_dict": state, "epoch": 3},
        "parallel": {f"module.{name}": value for name, value in state.items()},
        "narrow": {name: value.squeeze((2, 3)) if "pointwise" in name else value for name, value in state.items()},
    }[form]
    torch.save(stored, tmp_path / "xception.pth")
    initialize(network, weights=str(tmp_path / "xception.pth"))
    assert all(torch.equal(network.state_dict()[name], value) for name, value in state.items())


def test_a_model_file_initializes_every_weight(mobilenet_network: torch.nn.Module, mobilenet_file: Path) -> None:
    network = small_mobilenet()
    initialize(network, weights=str(mobilenet_file))
    for name, value in mobilenet_network.state_dict().items():
        assert torch.equal(network.state_dict()[name], value), name


def test_a_model_file_with_merged_batch_norms_is_an_error_that_says_what_to_do(grain_file: Path) -> None:
    with pytest.raises(RecipeError, match=r"merged its batch norms .* give best\.pt in the folder of its training run"):
        initialize(create_model("grain"), weights=str(grain_file))


def test_a_model_file_of_another_architecture_is_an_error(grain_file: Path) -> None:
    with pytest.raises(RecipeError, match="has no fitting"):
        initialize(create_model("mobilenetv2"), weights=str(grain_file))


def test_the_error_names_the_first_weight_that_does_not_match(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save(create_model("cnn3").state_dict(), tmp_path / "cnn3.pt")
    monkeypatch.setenv("UNMASK_WEIGHTS", str(tmp_path))
    with pytest.raises(RecipeError, match=r"has no fitting embed.weight"):
        initialize(create_model("vit"), weights="cnn3.pt")
    (tmp_path / "noise.pt").write_bytes(b"noise")
    with pytest.raises(RecipeError, match="cannot be read"):
        initialize(create_model("vit"), weights="noise.pt")
    with pytest.raises(RecipeError, match=r"--set network\.weights=PATH"):
        initialize(create_model("vit"), weights="nowhere.pt")


def test_freezing_the_base_trains_the_head_only() -> None:
    network = create_model("xception")
    initialize(network, freeze=True)
    trained = {name for name, weight in network.named_parameters() if weight.requires_grad}
    assert trained == {"classifier.weight", "classifier.bias"}
    assert Recipe.load("xception-frozen").network.freeze == "base"
