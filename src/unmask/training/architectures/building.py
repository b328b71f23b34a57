"""From a name in the catalogue to a network, started and frozen as a recipe says."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unmask.errors import RecipeError
from unmask.training.architectures.catalogue import CATALOGUE
from unmask.training.recipe import Network

HEAD = "classifier"
"""Every network names its head so; the rest is its base."""


def logit_of(output: Tensor) -> Tensor:
    """The logit of `fake` `[N]` of what a network gives.

    A class activation map `[N, h, w]` gives its mean; two scores `[N, 2]`, real then fake, as for a softmax,
    give their difference; a logit `[N]` is one already.
    """
    if output.ndim == 3:
        return output.mean(dim=(1, 2))
    return output[:, 1] - output[:, 0] if output.ndim == 2 else output


def create(name: str, *, size: int | None = None, dropout: float | None = None) -> nn.Module:
    """A network of the catalogue with random weights.

    Args:
        name: in the catalogue.
        size: side of the input; None takes the origin's.
        dropout: before the last layer; None takes the origin's.

    Raises:
        RecipeError: it cannot be built at that size.
    """
    entry = CATALOGUE[name]
    module, factory = entry.factory.split(":")
    options: dict[str, Any] = {} if dropout is None else {"dropout": dropout}
    if not entry.has_cam:
        options["size"] = size or entry.size
    try:
        network: nn.Module = getattr(import_module(module), factory)(**options)
        if size and entry.has_cam:
            _try_out(network, size)
    except ValueError as error:
        raise RecipeError(f"architecture {name} at {size} px: {error}") from error
    return network


def _try_out(network: nn.Module, size: int) -> None:
    """One black picture through a network that takes any size, because only that tells which is too small.

    Raises:
        ValueError: this one is.
    """
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, size, size))
    except RuntimeError as error:
        raise ValueError("the picture is too small for this network") from error
    network.train()


def start(network: nn.Module, settings: Network) -> None:
    """Give a network its initial weights and freeze what the recipe wants frozen.

    Raises:
        RecipeError: no such file, or the weights do not fit the network; the message says which.
    """
    if settings.weights:
        load_weights(network, find_weights(settings.weights))
    if settings.freeze:
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(name.startswith(HEAD))


def find_weights(name: str) -> Path:
    """A file of initial weights: as given, or in the folder `$UNMASK_WEIGHTS` names.

    Raises:
        RecipeError: in neither; the message says what to do.
    """
    for path in (Path(name), Path(os.environ.get("UNMASK_WEIGHTS", ".")) / name):
        if path.is_file():
            return path
    raise RecipeError(
        f"network.weights: no file {name}; give its path with --set network.weights=PATH, put it into the folder "
        "UNMASK_WEIGHTS names, or start from random weights with --set network.weights="
    )


def load_weights(network: nn.Module, path: Path) -> None:
    """Load `.npz` weights where the network knows how, a model file, or a PyTorch state dictionary.

    Unless they come from a model file, the head's weights may be missing. A state dictionary may lie in a checkpoint
    under `state_dict`, its names may begin with `module.`, and weights of 1×1 convolutions may lack their last sides.

    Raises:
        RecipeError: the weights do not fit; the message names the first that does not.
    """
    reader: Callable[[Path], None] | None = getattr(network, "load_imagenet", None)
    try:
        if path.suffix == ".npz" and reader:
            reader(path)
            return
        weights = read_model_file(path) if path.suffix == ".onnx" else _read_state(path)
    except Exception as error:
        raise RecipeError(f"network.weights: {path} cannot be read ({str(error).splitlines()[0]})") from error
    own = network.state_dict()
    fitting = {name: _shaped(value, own[name]) for name, value in weights.items() if name in own}
    fitting = {name: value for name, value in fitting.items() if own[name].shape == value.shape}
    missing = [name for name in own if name not in fitting and not name.startswith(HEAD) and "num_batches" not in name]
    if missing:
        raise RecipeError(f"network.weights: {path} has no fitting {missing[0]} ({len(missing)} weights missing)")
    network.load_state_dict(fitting, strict=False)


def _read_state(path: Path) -> dict[str, Tensor]:
    """A state dictionary, alone or in a checkpoint, by the names the network gives its weights."""
    stored = torch.load(path, "cpu", weights_only=True)
    return {name.removeprefix("module."): value for name, value in stored.get("state_dict", stored).items()}


def _shaped(value: Tensor, like: Tensor) -> Tensor:
    """The weight with sides of 1 at its end where only these are missing."""
    missing = like.shape[value.ndim :]
    return value.reshape(like.shape) if like.shape == (*value.shape, *[1] * len(missing)) else value


def read_model_file(path: Path) -> dict[str, Tensor]:
    """The weights in a model file that `unmask.training` wrote, by their names in the network."""
    import onnx

    from unmask.training.weights import named_weights

    prefix = "network."
    return {
        name.removeprefix(prefix): torch.from_numpy(onnx.numpy_helper.to_array(constant).copy())
        for name, constant in named_weights(onnx.load(path)).items()
        if name.startswith(prefix)
    }
