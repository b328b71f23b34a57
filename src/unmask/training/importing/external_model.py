"""Reads external models: ONNX files, Keras files, and folders in the layout of the Hugging Face Hub."""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx

from unmask.datasets.label_parsing import class_of
from unmask.errors import BadModelFile, MissingExtra, UnknownModel
from unmask.preprocessing import FILTERS
from unmask.training.importing.normalization import NORMALIZATIONS, Normalization, normalization_from_config

RESAMPLES = {int(number): name for name, number in FILTERS.items()}
"""Pillow's number of a filter, as `preprocessor_config.json` states it, to the filter's name."""
KERAS_SUFFIXES = (".h5", ".hdf5", ".keras")


@dataclass(frozen=True, slots=True)
class ExternalModel:
    """A network and the facts that its files state; None for facts that they do not state.

    Attributes:
        model: the network.
        classes: names of its outputs in order.
        size: side of its input in pixels.
        normalization: normalization of its input pixels.
        resample: name of the filter that scales images to the input size.
    """

    model: onnx.ModelProto
    classes: tuple[str, str] | None = None
    size: int | None = None
    normalization: Normalization | None = None
    resample: str | None = None


def read_external_model(path: Path) -> ExternalModel:
    """Read an ONNX file, a Keras file or a Hub folder.

    Raises:
        UnknownModel: the file does not exist, or its format is not supported.
        BadModelFile: the file is damaged.
        MissingExtra: it is a Keras file and Keras is not installed.
    """
    if path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        raise UnknownModel(f"{path}: no such file")
    if path.suffix.lower() == ".onnx":
        return ExternalModel(_read_onnx(path))
    if path.suffix.lower() in KERAS_SUFFIXES:
        return _read_keras(path)
    raise UnknownModel(f"{path}: unmask imports .onnx, {', '.join(KERAS_SUFFIXES)} and folders with a config.json")


def _read_onnx(path: Path) -> onnx.ModelProto:
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
    except Exception as error:
        raise BadModelFile(f"{path}: not a usable ONNX model ({str(error).splitlines()[0]})") from error
    return model


def _read_folder(folder: Path) -> ExternalModel:
    """Read `model.onnx` or `onnx/model.onnx`, with `config.json` and `preprocessor_config.json` if they exist."""
    files = [file for name in ("model.onnx", "onnx/model.onnx") if (file := folder / name).is_file()]
    if not files:
        raise UnknownModel(f"{folder}: has no model.onnx; export the model to ONNX first (for instance with optimum)")
    config, preprocessor = (_read_json(folder / name) for name in ("config.json", "preprocessor_config.json"))
    model = _read_onnx(files[0])
    try:
        return ExternalModel(
            model,
            parse_classes(config.get("id2label", {})),
            parse_size(_crop_size(preprocessor) or preprocessor.get("size") or config.get("image_size")),
            normalization_from_config(preprocessor) if preprocessor else None,
            RESAMPLES.get(preprocessor.get("resample", -1)),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise BadModelFile(f"{folder}: config.json or preprocessor_config.json is not understood ({error})") from error


def _read_json(path: Path) -> dict[str, Any]:
    """The values of a JSON file; none if it does not exist."""
    if not path.is_file():
        return {}
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadModelFile(f"{path}: not JSON ({error})") from error
    return data


def parse_classes(labels: dict[str, str] | list[str]) -> tuple[str, str] | None:
    """The class of each output, from `id2label` or a list; None unless there are two known names."""
    if isinstance(labels, dict):
        labels = [label for _, label in sorted(labels.items(), key=lambda pair: int(pair[0]))]
    named = [class_of(str(label)) for label in labels]
    return (named[0], named[1]) if len(named) == 2 and named[0] and named[1] else None


def _crop_size(preprocessor: dict[str, Any]) -> Any:
    """The size of the center crop after scaling; None without such a crop."""
    return preprocessor.get("crop_size") if preprocessor.get("do_center_crop") else None


def parse_size(size: Any) -> int | None:
    """The side of a square input, from a number, a pair, or a table such as `{"height": 224, "width": 224}`.

    Raises:
        ValueError: the input is not square, or the size is not a number.
    """
    if isinstance(size, dict):
        size = [size[key] for key in ("height", "width") if key in size] or size.get("shortest_edge")
    if isinstance(size, list):
        if len(set(size)) > 1:
            raise ValueError(f"the input is {'×'.join(map(str, size))} pixels; unmask needs a square input")
        size = size[0]
    return int(size) if size else None


def _read_keras(path: Path) -> ExternalModel:
    """A Keras file, exported to ONNX by Keras; with the PyTorch backend unless KERAS_BACKEND names another."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    try:
        import h5py  # noqa: F401
        import keras
        import numpy as np
    except ImportError as error:
        raise MissingExtra(f"importing {path.suffix} files", "keras") from error
    try:
        model = keras.models.load_model(path, compile=False)
        shape = tuple(model.input_shape[1:])
        model(np.zeros((1, *(side or 224 for side in shape[:2]), *shape[2:]), "float32"))
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target = str(Path(folder) / "model.onnx")
            signature = [keras.InputSpec(shape=(None, *shape), dtype="float32", name="input")]
            model.export(target, format="onnx", verbose=False, input_signature=signature)
            converted = onnx.load(target)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadModelFile(f"{path}: Keras cannot read or convert it ({reason})") from error
    normalizes = any(type(layer).__name__ in ("Rescaling", "Normalization") for layer in model.layers[:4])
    return ExternalModel(converted, normalization=NORMALIZATIONS["raw"] if normalizes else None)
