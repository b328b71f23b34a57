"""The shipped models: name, file and pinned SHA-256. Every load checks the digest."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from unmask.errors import BadModelFile, UnknownModel


@dataclass(frozen=True, slots=True)
class ShippedModel:
    """A model file inside the package.

    Attributes:
        name: the name in commands and in the API.
        filename: of the file in `unmask/models`.
        sha256: of the file.
        hashes: file in `unmask/models` with hashes of the training images.
    """

    name: str
    filename: str
    sha256: str
    hashes: str

    def read(self) -> bytes:
        """The bytes of the file.

        Raises:
            BadModelFile: the file is missing or differs from the shipped one.
        """
        try:
            data = files("unmask").joinpath("models", self.filename).read_bytes()
        except FileNotFoundError:
            raise BadModelFile(f"{self.filename} is missing from the installation; reinstall unmask") from None
        found = hashlib.sha256(data).hexdigest()
        if found != self.sha256:
            raise BadModelFile(
                f"{self.filename} is damaged (sha256 {found[:12]}…, not {self.sha256[:12]}…); reinstall unmask"
            )
        return data


DETECTORS: tuple[ShippedModel, ...] = (
    ShippedModel(
        "default",
        "default.onnx",
        "d0cee894c76a2be1071d03763f836fad50975298a2eae76c77898f04600fdf5f",
        "default.hashes.npz",
    ),
    ShippedModel(
        "accurate",
        "accurate.onnx",
        "c4479165d62ba77227c04f3d252942a6e7325c89f64a53d256c5188ecd755730",
        "default.hashes.npz",
    ),
    ShippedModel(
        "fast",
        "fast.onnx",
        "48ac14f33e90bb69a4beabb9c9809c8e10fe48e4ef71417ecdef15c1fea15e4c",
        "fast.hashes.npz",
    ),
    ShippedModel(
        "open",
        "open.onnx",
        "fc46e12bb54923eef3ee038d52e5ba5dd96cea1bae4108e42e753087b66064d7",
        "open.hashes.npz",
    ),
)
FACES = ShippedModel("faces", "faces.onnx", "e63f26b4c8442ae2532d533ac63b616f16e88791358a21d335652dbc219a6229", "")
FACE_CHECK = ShippedModel(
    "face_check", "face_check.onnx", "6ade0720b98404684469bf5bf11e8c560da2399a6bdf125c286d5828b2d20e17", ""
)


def hashes_name(model: str) -> str:
    """Name of the file with hashes of the training images, beside a model file: `model.hashes.npz` for `model.onnx`."""
    return f"{model.removesuffix('.onnx')}.hashes.npz"


def shipped(model: str | os.PathLike[str]) -> ShippedModel | None:
    """The shipped detector with that name; None if there is none."""
    return next((entry for entry in DETECTORS if entry.name == model), None)


def read_model(model: str | os.PathLike[str]) -> bytes:
    """The bytes of a detector.

    Args:
        model: the name of a shipped model, or the path of a file.

    Raises:
        UnknownModel: neither the name of a model nor a file.
        BadModelFile: a shipped file is missing or damaged.
    """
    entry = shipped(model)
    if entry:
        return entry.read()
    path = Path(model)
    if path.is_file():
        return path.read_bytes()
    names = ", ".join(entry.name for entry in DETECTORS)
    raise UnknownModel(f"{os.fspath(model)}: no such model; give one of {names}, or the path of an .onnx file")
