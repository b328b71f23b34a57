"""Reads the card of a model file and checks that the file follows the contract for model files.

Inputs: `pixels`, uint8 `[N, size, size, 3]`, and optionally `face_region`, float32 `[N, 4]`: the crop around the face
alone within those pixels, `x, y, width, height` as shares of the side. Outputs: `logit` `[N]` and optionally `cam`
`[N, h, w]`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.card import METADATA_KEY, ModelCard
from unmask.composed_session import open_model
from unmask.errors import BadModelFile
from unmask.hub import resolve
from unmask.preprocessing import WHOLE_INPUT, FaceRegion
from unmask.runtime import Session
from unmask.zoo import read_model

FaceRegions = Sequence[FaceRegion] | NDArray[np.float32]
"""One face region per image, as tuples or as an array `[N, 4]`."""
FACE_REGION = "face_region"
"""Name of the optional second input."""


def model_inputs(
    session: Session, pixels: NDArray[np.uint8], face_regions: FaceRegions | None = None
) -> dict[str, NDArray[Any]]:
    """The inputs of a model by name.

    Args:
        session: the model.
        pixels: uint8 `[N, size, size, 3]`.
        face_regions: the crop around each face, within its pixels; None for the whole input. Used only if the model has
            an input for them.
    """
    inputs: dict[str, NDArray[Any]] = {"pixels": pixels}
    if FACE_REGION in session.inputs:
        regions = [WHOLE_INPUT] * len(pixels) if face_regions is None else face_regions
        inputs[FACE_REGION] = np.asarray(regions, np.float32).reshape(-1, 4)
    return inputs


def session_card(session: Session) -> ModelCard:
    """The card of a model whose inputs and outputs follow the contract for model files.

    Raises:
        BadModelFile: an input, an output or the card is missing; the message states which.
    """
    hint = "not an unmask model"
    if session.input_types.get("pixels") != "tensor(uint8)" or len(session.inputs["pixels"]) != 4:
        raise BadModelFile(f"{hint}: it has no input `pixels` of uint8 [N, H, W, 3]")
    if "logit" not in session.outputs:
        raise BadModelFile(f"{hint}: it has no output `logit`")
    if unknown := sorted(set(session.inputs) - {"pixels", FACE_REGION}):
        raise BadModelFile(f"{hint}: it has an unknown input `{unknown[0]}`")
    if METADATA_KEY not in session.metadata:
        raise BadModelFile(f"{hint}: it has no card (metadata key `{METADATA_KEY}`)")
    card = ModelCard.from_json(session.metadata[METADATA_KEY])
    size = card.preprocessing.size
    if any(isinstance(side, int) and side != size for side in session.inputs["pixels"][1:3]):
        taken = "×".join(map(str, session.inputs["pixels"][1:3]))
        raise BadModelFile(
            f"{hint}: the card's input size is {size} px, the network takes {taken}; export it with one size"
        )
    return card


def read_card(model: str | os.PathLike[str] = "default") -> tuple[ModelCard, str]:
    """The card of a model file, and the SHA-256 of the file.

    Raises:
        UnknownModel: no such name or file.
        BadModelFile: not an unmask model, or damaged; the message states what is missing.
    """
    data = read_model(resolve(model))
    return session_card(open_model(data, threads=1)), hashlib.sha256(data).hexdigest()
