"""Builds a registered network, loads its initial weights and freezes its base."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from unmask.errors import RecipeError
from unmask.training.models.registry import ARCHITECTURES

HEAD = "classifier"
"""Name of the last module of every network; the other modules are its base."""


def to_logit(output: Tensor) -> Tensor:
    """The logit of `fake`, `[N]`, from the output of a network.

    A class activation map `[N, h, w]` is averaged; of softmax scores `[N, 2]`, real then fake, the difference is taken;
    a logit `[N]` is returned unchanged.
    """
    if output.ndim == 3:
        return output.mean(dim=(1, 2))
    return output[:, 1] - output[:, 0] if output.ndim == 2 else output


def create_model(name: str, *, size: int | None = None, dropout: float | None = None) -> nn.Module:
    """A registered network with random weights.

    Args:
        name: name in the registry.
        size: side of the input in pixels; None for that of the original network.
        dropout: rate before the last layer; None for that of the original network.

    Raises:
        RecipeError: the network cannot be built at this size.
    """
    entry = ARCHITECTURES[name]
    module, factory = entry.factory.split(":")
    options: dict[str, Any] = {} if dropout is None else {"dropout": dropout}
    if not entry.has_cam:
        options["size"] = size or entry.size
    try:
        network: nn.Module = getattr(import_module(module), factory)(**options)
        if size and entry.has_cam:
            _check_size(network, size)
    except ValueError as error:
        raise RecipeError(f"architecture {name} at {size} px: {error}") from error
    return network


def _check_size(network: nn.Module, size: int) -> None:
    """Run a fully convolutional network once, because its smallest input size is not known.

    Raises:
        ValueError: the size is too small.
    """
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, 3, size, size))
    except RuntimeError as error:
        raise ValueError("the input is too small for this network") from error
    network.train()


def initialize(network: nn.Module, *, weights: str = "", freeze: bool = False) -> None:
    """Load initial weights and freeze the base.

    Args:
        network: changed in place.
        weights: file of weights; "" keeps the random ones.
        freeze: train the head only.

    Raises:
        RecipeError: the file does not exist, or its weights do not match the network; the message states which.
    """
    if weights:
        load_weights(network, find_weights(weights))
    if freeze:
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(name.startswith(HEAD))


def set_train_mode(network: nn.Module, *, frozen_base: bool = False) -> None:
    """Put a network into training mode; a frozen base keeps its batch-norm statistics."""
    network.train()
    if frozen_base:
        for name, module in network.named_children():
            module.train(name in (HEAD, "dropout"))


def find_weights(name: str) -> Path:
    """A file of initial weights: the given path, or a name in the folder `$UNMASK_WEIGHTS`.

    Raises:
        RecipeError: the file is in neither; the message states what to do.
    """
    for path in (Path(name), Path(os.environ.get("UNMASK_WEIGHTS", ".")) / name):
        if path.is_file():
            return path
    raise RecipeError(
        f"network.weights: no file {name}; give its path with --set network.weights=PATH, put it into the folder "
        "that UNMASK_WEIGHTS names, or start from random weights with --set network.weights="
    )


def load_weights(network: nn.Module, path: Path) -> None:
    """Load weights from `.npz` (if the network has `load_imagenet`), a model file, or a PyTorch state dictionary.

    The weights of the head may be missing, except in a model file. A checkpoint may hold the state dictionary under
    `state_dict`, names may begin with `module.`, and weights of 1×1 convolutions may lack their last dimensions.

    Raises:
        RecipeError: the weights do not match; the message names the first that does not.
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
    fitting = {name: _expand(value, own[name]) for name, value in weights.items() if name in own}
    fitting = {name: value for name, value in fitting.items() if own[name].shape == value.shape}
    missing = [name for name in own if name not in fitting and not name.startswith(HEAD) and "num_batches" not in name]
    if path.suffix == ".onnx" and missing and all(name in _batch_norm_names(network) for name in missing):
        raise RecipeError(
            f"network.weights: {path} cannot be trained further, because the export merged its batch norms into the "
            "convolutions; give best.pt in the folder of its training run"
        )
    if missing:
        raise RecipeError(f"network.weights: {path} has no fitting {missing[0]} ({len(missing)} weights missing)")
    network.load_state_dict(fitting, strict=False)


def _batch_norm_names(network: nn.Module) -> set[str]:
    """Names of the weights and statistics of all batch norms."""
    return {
        f"{name}.{own}"
        for name, module in network.named_modules()
        if isinstance(module, nn.modules.batchnorm._BatchNorm)
        for own in module.state_dict()
    }


def _read_state(path: Path) -> dict[str, Tensor]:
    """A state dictionary, alone or in a checkpoint, without the prefix `module.`."""
    stored = torch.load(path, "cpu", weights_only=True)
    return {name.removeprefix("module."): value for name, value in stored.get("state_dict", stored).items()}


def _expand(value: Tensor, like: Tensor) -> Tensor:
    """The weight with missing trailing dimensions of size 1 added."""
    missing = like.shape[value.ndim :]
    return value.reshape(like.shape) if like.shape == (*value.shape, *[1] * len(missing)) else value


def read_model_file(path: Path) -> dict[str, Tensor]:
    """The weights of a model file that `unmask.training` wrote, by their names in the network."""
    import onnx

    from unmask.training.models.model_file import named_weights

    prefix = "network."
    return {
        name.removeprefix(prefix): torch.from_numpy(onnx.numpy_helper.to_array(constant).copy())
        for name, constant in named_weights(onnx.load(path)).items()
        if name.startswith(prefix)
    }
