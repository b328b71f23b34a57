"""The models of a site: their files, and what a page shows of their cards."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unmask.card import ModelCard
from unmask.card_reader import read_card
from unmask.composed_session import ComposedSession, open_model
from unmask.errors import SiteError
from unmask.hub import resolve
from unmask.zoo import read_model, shipped


@dataclass(frozen=True, slots=True)
class SiteModel:
    """One model of a site.

    Attributes:
        name: under which visitors choose it.
        data: the bytes of the model file.
        card: the card inside it.
    """

    name: str
    data: bytes
    card: ModelCard

    @classmethod
    def read(cls, model: str) -> SiteModel:
        """Read a model by name or path.

        Raises:
            UnknownModel: no such name or file.
            BadModelFile: not an unmask model, or damaged; the message states what is missing.
            SiteError: the model needs the image tower of CLIP, which does not run in a browser.
        """
        card, _ = read_card(model)
        data = read_model(resolve(model))
        if isinstance(open_model(data, threads=1), ComposedSession):
            raise SiteError(f"{model}: needs the image tower of CLIP, which does not run in a browser; give default")
        name = model if shipped(model) else Path(model).resolve().stem
        return cls(re.sub(r"[^\w.-]", "-", name), data, card)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the model file."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def runs_on_gpu(self) -> bool:
        """Whether the page offers the graphics card for the model.

        A quantized model runs on the processor only: WebGPU computes it without quantization, with other scores.
        """
        return b"QuantizeLinear" not in self.data

    @property
    def file(self) -> str:
        """The path of the model file in the site."""
        return f"models/{self.name}.onnx"

    def describe(self) -> dict[str, Any]:
        """The entry of the model in `site.json`: the fields of the card that the page shows."""
        card = self.card.to_dict()
        shown = {key: card[key] for key in ("name", "version", "summary", "thresholds", "limits")}
        shown["webgpu"] = self.runs_on_gpu
        return {
            "model": self.name,
            "file": self.file,
            "sha256": self.sha256,
            "size": len(self.data),
            "webgpu": self.runs_on_gpu,
            **shown,
        }
