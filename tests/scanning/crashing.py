"""Detectors that end their process, as a crash in a decoder does."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unmask.detector import Detector, DetectorConfig
from unmask.verdict import Verdict


@dataclass(frozen=True, slots=True)
class CrashingDetector(DetectorConfig):
    """Kills the process at pictures named `crash…`, and at those named `once…` the first time."""

    def load(self) -> Detector:
        detector = Detector.load(self.model, threads=1)
        original = detector.predict

        def predict(picture: Any, **options: Any) -> Verdict:
            path = Path(picture.name)
            mark = path.with_suffix(".mark")
            if path.name.startswith("crash") or (path.name.startswith("once") and not mark.exists()):
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return original(picture, **options)

        detector.predict = predict  # type: ignore[method-assign]
        return detector


@dataclass(frozen=True, slots=True)
class DetectorThatCannotLoad(DetectorConfig):
    """Ends the process while loading."""

    def load(self) -> Detector:
        os._exit(7)
