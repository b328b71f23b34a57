"""The shipped models beside the server's own, for a second opinion; each is loaded on first use."""

from __future__ import annotations

import threading

from unmask.detector import Detector
from unmask.images import Limits
from unmask.web.errors import BadRequest
from unmask.zoo import DETECTORS


class OtherModels:
    """Loads shipped models by name and keeps them."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._loaded: dict[str, Detector] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Detector:
        """A shipped model; blocks while it is loaded for the first time.

        Raises:
            BadRequest: no shipped model has this name.
            ModelError: the model cannot be used.
        """
        names = [entry.name for entry in DETECTORS]
        if name not in names:
            raise BadRequest(f"no shipped model is called {name[:60]!r}; choose one of {', '.join(names)}")
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = Detector.load(name, threads=1, limits=self._limits)
            return self._loaded[name]
