"""Detects deepfake faces in images: real or fake, with a calibrated probability and evidence.

    >>> from unmask import detect
    >>> verdict = detect("photo.jpg")
    >>> verdict.label, verdict.probability_fake

Public names are loaded on first use: `import unmask` alone loads no inference engine. Errors are in `unmask.errors`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from unmask._version import __version__ as __version__

_MODULES = {
    "ModelCard": "unmask.card",
    "Audit": "unmask.datasets",
    "Dataset": "unmask.datasets",
    "audit": "unmask.datasets",
    "Detector": "unmask.detector",
    "DetectorConfig": "unmask.detector",
    "detect": "unmask.detector",
    "UnmaskError": "unmask.errors",
    "Comparison": "unmask.evaluation",
    "Evaluation": "unmask.evaluation",
    "compare": "unmask.evaluation",
    "evaluate": "unmask.evaluation",
    "Explanation": "unmask.explaining",
    "explain": "unmask.explaining",
    "Limits": "unmask.images",
    "Picture": "unmask.images",
    "open_image": "unmask.images",
    "PredictOptions": "unmask.predict_options",
    "make_record": "unmask.record",
    "verify_record": "unmask.record",
    "scan": "unmask.scanning.scan",
    "Signal": "unmask.signals",
    "examine": "unmask.signals",
    "Recipe": "unmask.training",
    "ensemble": "unmask.training",
    "import_model": "unmask.training",
    "train": "unmask.training",
    "ImportResult": "unmask.training.importing",
    "Face": "unmask.verdict",
    "Failure": "unmask.verdict",
    "Finding": "unmask.verdict",
    "Label": "unmask.verdict",
    "Stability": "unmask.verdict",
    "Thresholds": "unmask.verdict",
    "Verdict": "unmask.verdict",
    "ClipVerdict": "unmask.video",
    "judge_clip": "unmask.video.inference",
}
"""Public name to the module that defines it."""

__all__ = ["__version__", *_MODULES]

if TYPE_CHECKING:
    from unmask.card import ModelCard as ModelCard
    from unmask.datasets import Audit as Audit
    from unmask.datasets import Dataset as Dataset
    from unmask.datasets import audit as audit
    from unmask.detector import Detector as Detector
    from unmask.detector import DetectorConfig as DetectorConfig
    from unmask.detector import detect as detect
    from unmask.errors import UnmaskError as UnmaskError
    from unmask.evaluation import Comparison as Comparison
    from unmask.evaluation import Evaluation as Evaluation
    from unmask.evaluation import compare as compare
    from unmask.evaluation import evaluate as evaluate
    from unmask.explaining import Explanation as Explanation
    from unmask.explaining import explain as explain
    from unmask.images import Limits as Limits
    from unmask.images import Picture as Picture
    from unmask.images import open_image as open_image
    from unmask.predict_options import PredictOptions as PredictOptions
    from unmask.record import make_record as make_record
    from unmask.record import verify_record as verify_record
    from unmask.scanning.scan import scan as scan
    from unmask.signals import Signal as Signal
    from unmask.signals import examine as examine
    from unmask.training import Recipe as Recipe
    from unmask.training import ensemble as ensemble
    from unmask.training import import_model as import_model
    from unmask.training import train as train
    from unmask.training.importing import ImportResult as ImportResult
    from unmask.verdict import Face as Face
    from unmask.verdict import Failure as Failure
    from unmask.verdict import Finding as Finding
    from unmask.verdict import Label as Label
    from unmask.verdict import Stability as Stability
    from unmask.verdict import Thresholds as Thresholds
    from unmask.verdict import Verdict as Verdict
    from unmask.video import ClipVerdict as ClipVerdict
    from unmask.video.inference import judge_clip as judge_clip


def __getattr__(name: str) -> Any:
    """Load a public name; error classes of version 0.1 that moved to `unmask.errors` are found as well."""
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    errors = import_module("unmask.errors")
    moved = getattr(errors, name, None)
    if isinstance(moved, type) and issubclass(moved, errors.UnmaskError):
        return moved
    raise AttributeError(f"module 'unmask' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
