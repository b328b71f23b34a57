"""Sessions of model files, including those that need the networks of a shipped model and the image tower of CLIP.

Such a file has the inputs `networks_logit`, `networks_cam` and `embedding`. Its metadata names the shipped model.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unmask.card import METADATA_KEY, ModelCard
from unmask.errors import BadModelFile
from unmask.runtime import Session, open_session
from unmask.runtime.clip_tower import ClipTower
from unmask.zoo import shipped

NETWORKS_LOGIT, NETWORKS_CAM, EMBEDDING = "networks_logit", "networks_cam", "embedding"
"""Inputs: logit `[N]` and map `[N, h, w]` of the networks; `ClipTower.embed` of `pixels`, float32 `[N, WIDTH]`."""
NETWORKS_KEY = "unmask.networks"
"""Metadata key: name and version of the shipped model with the networks, such as `default 1.6`."""


class ComposedSession(Session):
    """A head on the outputs of a shipped model's networks and on the CLIP embedding of the same pixels.

    The image tower is loaded by the first run, so that the card can be read without it.
    """

    def __init__(self, head: Session, networks: Session, threads: int | None) -> None:
        self._head, self._networks, self._threads = head, networks, threads
        self.metadata, self.outputs = head.metadata, head.outputs
        self.inputs, self.input_types = networks.inputs, networks.input_types

    @cached_property
    def _tower(self) -> ClipTower:
        return ClipTower.load(self._threads)

    def run(self, **inputs: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
        """All outputs by name for the given inputs.

        Raises:
            MissingTower: the image tower of CLIP is not installed.
        """
        embedding = self._tower.embed(inputs["pixels"])
        found = self._networks.run(**inputs)
        given = {NETWORKS_LOGIT: found["logit"], NETWORKS_CAM: found["cam"], EMBEDDING: embedding}
        return self._head.run(**given)


def open_model(data: bytes, *, engine: str = "auto", threads: int | None = None) -> Session:
    """Load a model file from its bytes, with the networks of a shipped model if it needs them.

    Args:
        data: bytes of the model file.
        engine: engine of `open_session`.
        threads: CPU threads for one run; None uses the engine's default.

    Raises:
        BadModelFile: not an ONNX model that the engine can run, or made for other networks than the shipped ones.
    """
    session = open_session(data, engine=engine, threads=threads)
    if NETWORKS_KEY not in session.metadata:
        return session
    wanted = session.metadata[NETWORKS_KEY]
    entry = shipped(wanted.partition(" ")[0])
    networks = open_session(entry.read(), engine=engine, threads=threads) if entry else None
    if entry is None or networks is None or _name_and_version(networks) != wanted:
        raise BadModelFile(
            f"the model needs the networks of {wanted}, which this version of unmask does not have; "
            "use the version that the model came with"
        )
    return ComposedSession(session, networks, threads)


def _name_and_version(session: Session) -> str:
    """Name and version in the card of a model."""
    card = ModelCard.from_json(session.metadata[METADATA_KEY])
    return f"{card.name} {card.version}"
