"""A detector that takes its process down with it, as a decoder that crashes does."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unmask.detector import Detector, DetectorConfig
from unmask.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Deadly(DetectorConfig):
    """Kills the process at pictures named `deadly…`, and at those named `once…` the first time."""

    def load(self) -> Detector:
        detector = Detector.load(self.model, threads=1)
        judge = detector.predict

        def predict(picture: Any, **options: Any) -> Verdict:
            path = Path(picture.name)
            mark = path.with_suffix(".mark")
            if path.name.startswith("deadly") or (path.name.startswith("once") and not mark.exists()):
                mark.touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return judge(picture, **options)

        detector.predict = predict  # type: ignore[method-assign]
        return detector


@dataclass(frozen=True, slots=True)
class Stillborn(DetectorConfig):
    """Never loads."""

    def load(self) -> Detector:
        os._exit(7)
