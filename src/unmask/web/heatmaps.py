"""Heat maps for the API: which methods this server has, and one picture's explanation in the wire form."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from unmask.explaining import METHODS, explain
from unmask.explaining.cam import has_cam
from unmask.verdict import Label

if TYPE_CHECKING:
    from unmask.detector import Detector
    from unmask.web.cancellation import Watch

NEEDS = {"lime": "skimage"}
"""Method to the module of an optional part it needs."""


def available(detector: Detector) -> list[str]:
    """The methods that work here: with this model, and with what is installed."""
    installed = [name for name in METHODS if name not in NEEDS or find_spec(NEEDS[name]) is not None]
    return [name for name in installed if name != "cam" or has_cam(detector)]


def explained(
    detector: Detector, data: bytes, name: str, method: str | None, faithfulness: bool, watch: Watch
) -> dict[str, Any]:
    """Heat maps of what speaks for `fake`, face by face, in the wire form of `unmask explain --json`.

    Raises:
        ClientDisconnected: nobody waits any more.
        ImageError: the picture cannot be judged.
        UsageError: no such method, or the model does not support it.
        MissingExtra: the method needs an optional part.
    """
    found = explain(
        detector,
        data,
        method=method,
        name=name,
        target=Label.FAKE,
        faithfulness=faithfulness,
        stability=False,
        progress=watch,
    )
    return found.to_dict()
