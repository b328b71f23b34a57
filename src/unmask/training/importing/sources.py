"""Foreign models as found: ONNX files, Keras files, and folders as they are on the Hugging Face hub."""

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
from unmask.training.importing.normalisation import NORMALISATIONS, Normalisation, from_config

RESAMPLES = {int(number): name for name, number in FILTERS.items()}
"""Filters by the numbers under which Pillow knows them, which hub folders state."""
KERAS_SUFFIXES = (".h5", ".hdf5", ".keras")


@dataclass(frozen=True, slots=True)
class Foreign:
    """A model somebody else made, and what its files say about it.

    Attributes:
        model: the network.
        classes: names of its outputs in order, where the files say.
        size: side of its input in pixels, where the files say.
        normalisation: how it wants its pixels, where the files say.
        resample: the filter that scales pictures to that side, where the files say.
    """

    model: onnx.ModelProto
    classes: tuple[str, str] | None = None
    size: int | None = None
    normalisation: Normalisation | None = None
    resample: str | None = None


def read(path: Path) -> Foreign:
    """Read a foreign model.

    Raises:
        UnknownModel: no such file, or a kind of file unmask does not import.
        BadModelFile: it is damaged.
        MissingExtra: a Keras file without Keras installed.
    """
    if path.is_dir():
        return _read_folder(path)
    if not path.is_file():
        raise UnknownModel(f"{path}: no such file")
    if path.suffix.lower() == ".onnx":
        return Foreign(_read_onnx(path))
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


def _read_folder(folder: Path) -> Foreign:
    """`model.onnx` or `onnx/model.onnx` beside `config.json` and, where there is one, `preprocessor_config.json`."""
    files = [file for name in ("model.onnx", "onnx/model.onnx") if (file := folder / name).is_file()]
    if not files:
        raise UnknownModel(f"{folder}: has no model.onnx; export the model to ONNX first (for instance with optimum)")
    config, preprocessor = (_read_json(folder / name) for name in ("config.json", "preprocessor_config.json"))
    model = _read_onnx(files[0])
    try:
        return Foreign(
            model,
            classes_of(config.get("id2label", {})),
            side_of(_cropped(preprocessor) or preprocessor.get("size") or config.get("image_size")),
            from_config(preprocessor) if preprocessor else None,
            RESAMPLES.get(preprocessor.get("resample", -1)),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise BadModelFile(f"{folder}: config.json or preprocessor_config.json is not understood ({error})") from error


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadModelFile(f"{path}: not JSON ({error})") from error
    return data


def classes_of(labels: dict[str, str] | list[str]) -> tuple[str, str] | None:
    """The classes in the order of the outputs, where both names are understood."""
    if isinstance(labels, dict):
        labels = [label for _, label in sorted(labels.items(), key=lambda pair: int(pair[0]))]
    named = [class_of(str(label)) for label in labels]
    return (named[0], named[1]) if len(named) == 2 and named[0] and named[1] else None


def _cropped(preprocessor: dict[str, Any]) -> Any:
    """What is cut out of a picture once it is scaled, where something is."""
    return preprocessor.get("crop_size") if preprocessor.get("do_center_crop") else None


def side_of(size: Any) -> int | None:
    """The side of a square input; sizes stand as a number, a pair, or by name."""
    if isinstance(size, dict):
        size = [size[key] for key in ("height", "width") if key in size] or size.get("shortest_edge")
    if isinstance(size, list):
        if len(set(size)) > 1:
            raise ValueError(f"the input is {'×'.join(map(str, size))}, and unmask judges squares")
        size = size[0]
    return int(size) if size else None


def _read_keras(path: Path) -> Foreign:
    """A Keras file, converted by Keras itself; PyTorch computes where nobody has chosen another backend."""
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
    scales_itself = any(type(layer).__name__ in ("Rescaling", "Normalization") for layer in model.layers[:4])
    return Foreign(converted, normalisation=NORMALISATIONS["raw"] if scales_itself else None)
