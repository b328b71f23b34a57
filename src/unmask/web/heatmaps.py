"""Heat maps for the API: the available methods, and the explanation of one picture in the wire form."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from unmask.explaining import METHODS, explain
from unmask.explaining.cam import has_cam
from unmask.verdict import Label

if TYPE_CHECKING:
    from unmask.detector import Detector
    from unmask.progress import Progress

REQUIRED_MODULES = {"lime": "skimage"}
"""Method to the optional module it needs."""


def available_methods(detector: Detector) -> list[str]:
    """The methods that this model and the installed packages support."""
    installed = [
        name for name in METHODS if name not in REQUIRED_MODULES or find_spec(REQUIRED_MODULES[name]) is not None
    ]
    return [name for name in installed if name != "cam" or has_cam(detector)]


def explain_picture(
    detector: Detector, data: bytes, name: str, method: str | None, faithfulness: bool, progress: Progress
) -> dict[str, Any]:
    """Heat maps of the evidence for `fake`, one per face, in the wire form of `unmask explain --json`.

    Raises:
        ClientDisconnected: the client left.
        ImageError: the picture cannot be judged.
        UsageError: the method is unknown, or the model does not support it.
        MissingExtra: the method needs an optional package.
    """
    explanation = explain(
        detector,
        data,
        method=method,
        name=name,
        target=Label.FAKE,
        faithfulness=faithfulness,
        stability=False,
        progress=progress,
    )
    return explanation.to_dict()
