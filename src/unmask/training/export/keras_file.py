"""Writes a classic network as a Keras file with the same weights, checks it, and describes it in a JSON file."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from unmask._files import write_atomic
from unmask.card import ModelCard
from unmask.card_reader import read_card
from unmask.composed_session import open_model
from unmask.errors import BadModelFile, MissingExtra, UsageError
from unmask.hub import resolve
from unmask.training.export.keras_layers import (
    ConvLayer,
    DenseLayer,
    FlattenLayer,
    Layer,
    MaxPoolLayer,
    read_layers,
)
from unmask.zoo import read_model

SUFFIXES = (".keras", ".h5")
TOLERANCE = 1e-4
"""Largest difference of probabilities between the two files."""
CHECKED_IMAGES = 8
"""Random images on which the two files are compared."""


def export_keras(model: str | os.PathLike[str], path: Path) -> float:
    """Write a model as a Keras file, and its description beside it (`mine.keras.json` for `mine.keras`).

    Input: RGB pixels from 0 to 255, `[N, size, size, 3]`. Output: the calibrated probability of fake, `[N, 1]`.

    Args:
        model: name of a shipped model, a file, or a folder or hub id.
        path: the file; its suffix is `.keras` or `.h5`.

    Returns:
        The largest difference of probabilities from the model file, on random images.

    Raises:
        UsageError: another suffix, or the folder does not exist.
        BadModelFile: the network cannot be converted, or the two files differ.
        MissingExtra: Keras is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: name a file that ends with {' or '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise UsageError(f"{path}: the folder does not exist")
    name = os.fspath(model)
    card, sha256 = read_card(model)
    data = read_model(resolve(model))
    layers = read_layers(onnx.load_from_string(data), name)
    keras = _import_keras()
    network = _build(keras, layers, card)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".keras-") as folder, _keras_silenced():
        written = Path(folder) / path.name
        network.save(written)
        difference = _difference(keras.models.load_model(written, compile=False), data, card)
        if not difference <= TOLERANCE:
            raise BadModelFile(f"{name}: the Keras file differs by {difference:.1e}, more than {TOLERANCE:.0e}")
        written.replace(path)
    description = json.dumps(_describe(card, sha256), indent=2, ensure_ascii=False) + "\n"
    write_atomic(path.with_name(path.name + ".json"), description.encode())
    return difference


@contextmanager
def _keras_silenced() -> Iterator[None]:
    """Suppresses the warning that `.h5` is an older format."""
    logger = logging.getLogger("absl")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def _import_keras() -> Any:
    """Keras, with the PyTorch backend unless KERAS_BACKEND names another.

    Raises:
        MissingExtra: it is not installed.
    """
    os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        import h5py  # noqa: F401
        import keras
    except ImportError as error:
        raise MissingExtra("writing Keras files", "keras") from error
    return keras


def _build(keras: Any, layers: list[Layer], card: ModelCard) -> Any:
    """The Keras network with its weights."""
    size = card.preprocessing.size
    network = keras.Sequential(name=card.name.replace("/", "_") or "network")
    network.add(keras.Input((size, size, 3), name="pixels"))
    network.add(keras.layers.Rescaling(1 / 127.5, offset=-1.0, name="scaling"))
    shape: tuple[int, ...] | None = None
    for layer in layers:
        if isinstance(layer, MaxPoolLayer):
            network.add(keras.layers.MaxPooling2D(layer.side))
        elif isinstance(layer, FlattenLayer):
            shape = tuple(network.output_shape[1:])
            network.add(keras.layers.Flatten())
        elif isinstance(layer, ConvLayer):
            height, width, _, filters = layer.kernel.shape
            added = keras.layers.Conv2D(
                filters, (height, width), padding=layer.padding, activation="relu" if layer.relu else None
            )
            network.add(added)
            added.set_weights([layer.kernel, layer.bias])
        else:
            added = keras.layers.Dense(len(layer.bias), activation="relu" if layer.relu else None)
            network.add(added)
            added.set_weights([_channels_last(layer, shape), layer.bias])
            shape = None
    calibration = card.calibration
    network.add(keras.layers.Rescaling(calibration.slope, offset=calibration.intercept, name="calibration"))
    network.add(keras.layers.Activation("sigmoid", name="probability_fake"))
    return network


def _channels_last(layer: DenseLayer, shape: tuple[int, ...] | None) -> NDArray[np.float32]:
    """The kernel for a vector that was flattened with the channels last; `shape` is that of the feature map."""
    if shape is None:
        return layer.kernel
    height, width, channels = shape
    kernel = layer.kernel.reshape(channels, height, width, -1)
    return kernel.transpose(1, 2, 0, 3).reshape(height * width * channels, -1)


def _difference(network: Any, data: bytes, card: ModelCard) -> float:
    """The largest difference of probabilities on random images of several contrasts."""
    size, generator = card.preprocessing.size, np.random.default_rng(0)
    coarse = generator.integers(0, 256, (CHECKED_IMAGES, 8, 8, 3)).astype(np.float32)
    pixels = coarse.repeat(-(-size // 8), axis=1).repeat(-(-size // 8), axis=2)[:, :size, :size]
    pixels = np.clip(pixels + generator.normal(0, 12, pixels.shape), 0, 255).astype(np.uint8)
    logits = open_model(data).run(pixels=pixels)["logit"]
    expected = np.array([card.calibration.probability(float(logit)) for logit in logits])
    found = np.asarray(network.predict(pixels.astype(np.float32), verbose=0)).reshape(-1)
    return float(np.abs(found - expected).max())


def _describe(card: ModelCard, sha256: str) -> dict[str, Any]:
    """What a program that loads the Keras file needs to know."""
    preprocessing, thresholds = card.preprocessing, card.decision.thresholds
    return {
        "model": {"name": card.name, "version": card.version, "sha256": sha256},
        "input": {
            "shape": [None, preprocessing.size, preprocessing.size, 3],
            "values": "RGB from 0 to 255; scaling to -1..1 is inside the network",
            "crop": (
                f"square around the face, {preprocessing.margin:g} times the longer side of its box, inside the picture"
            ),
            "preprocessing": preprocessing.to_dict(),
        },
        "output": {
            "shape": [None, 1],
            "values": "calibrated probability that the face is fake",
            "classes": ["real", "fake"],
        },
        "thresholds": thresholds.to_dict(),
        "license": card.license,
        "limits": list(card.limits),
    }
