"""unmask tells whether a face picture is real or a deepfake, how sure it is, and why.

    >>> from unmask import detect
    >>> verdict = detect("photo.jpg")
    >>> verdict.label, verdict.probability_fake

Names are loaded when they are first used: `import unmask` alone loads no inference engine.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from unmask._version import __version__

_HOMES = {
    "detect": "unmask.detector",
    "scan": "unmask.scanning.scan",
    "Detector": "unmask.detector",
    "Limits": "unmask.images",
    "open_image": "unmask.images",
    "ModelCard": "unmask.card",
    "explain": "unmask.explaining",
    "Explanation": "unmask.explaining",
    "examine": "unmask.signals",
    "Signal": "unmask.signals",
    "make_record": "unmask.record",
    "verify_record": "unmask.record",
    "Recipe": "unmask.training",
    "train": "unmask.training",
    "Audit": "unmask.datasets",
    "Dataset": "unmask.datasets",
    "audit": "unmask.datasets",
    "Evaluation": "unmask.evaluation",
    "evaluate": "unmask.evaluation",
    "AmbiguousNames": "unmask.errors",
    "BadManifest": "unmask.errors",
    "DatasetError": "unmask.errors",
    "Face": "unmask.verdict",
    "Finding": "unmask.verdict",
    "Label": "unmask.verdict",
    "Failure": "unmask.verdict",
    "Stability": "unmask.verdict",
    "Thresholds": "unmask.verdict",
    "Verdict": "unmask.verdict",
    "BadModelFile": "unmask.errors",
    "BrokenEngine": "unmask.errors",
    "CorruptImage": "unmask.errors",
    "EmptyFile": "unmask.errors",
    "ImageError": "unmask.errors",
    "ImageTooLarge": "unmask.errors",
    "MissingExtra": "unmask.errors",
    "MissingFile": "unmask.errors",
    "ModelError": "unmask.errors",
    "NotAFile": "unmask.errors",
    "NotAnImage": "unmask.errors",
    "OutputError": "unmask.errors",
    "ScanError": "unmask.errors",
    "SourceError": "unmask.errors",
    "RequestError": "unmask.errors",
    "RecipeError": "unmask.errors",
    "TrainingError": "unmask.errors",
    "UnknownModel": "unmask.errors",
    "UnmaskError": "unmask.errors",
    "UsageError": "unmask.errors",
    "WorkerError": "unmask.errors",
}

__all__ = ["__version__", *_HOMES]

if TYPE_CHECKING:
    from unmask.card import ModelCard as ModelCard
    from unmask.datasets import Audit as Audit
    from unmask.datasets import Dataset as Dataset
    from unmask.datasets import audit as audit
    from unmask.detector import Detector as Detector
    from unmask.detector import detect as detect
    from unmask.errors import AmbiguousNames as AmbiguousNames
    from unmask.errors import BadManifest as BadManifest
    from unmask.errors import BadModelFile as BadModelFile
    from unmask.errors import BrokenEngine as BrokenEngine
    from unmask.errors import CorruptImage as CorruptImage
    from unmask.errors import DatasetError as DatasetError
    from unmask.errors import EmptyFile as EmptyFile
    from unmask.errors import ImageError as ImageError
    from unmask.errors import ImageTooLarge as ImageTooLarge
    from unmask.errors import MissingExtra as MissingExtra
    from unmask.errors import MissingFile as MissingFile
    from unmask.errors import ModelError as ModelError
    from unmask.errors import NotAFile as NotAFile
    from unmask.errors import NotAnImage as NotAnImage
    from unmask.errors import OutputError as OutputError
    from unmask.errors import RecipeError as RecipeError
    from unmask.errors import RequestError as RequestError
    from unmask.errors import ScanError as ScanError
    from unmask.errors import SourceError as SourceError
    from unmask.errors import TrainingError as TrainingError
    from unmask.errors import UnknownModel as UnknownModel
    from unmask.errors import UnmaskError as UnmaskError
    from unmask.errors import UsageError as UsageError
    from unmask.errors import WorkerError as WorkerError
    from unmask.evaluation import Evaluation as Evaluation
    from unmask.evaluation import evaluate as evaluate
    from unmask.explaining import Explanation as Explanation
    from unmask.explaining import explain as explain
    from unmask.images import Limits as Limits
    from unmask.images import open_image as open_image
    from unmask.record import make_record as make_record
    from unmask.record import verify_record as verify_record
    from unmask.scanning.scan import scan as scan
    from unmask.signals import Signal as Signal
    from unmask.signals import examine as examine
    from unmask.training import Recipe as Recipe
    from unmask.training import train as train
    from unmask.verdict import Face as Face
    from unmask.verdict import Failure as Failure
    from unmask.verdict import Finding as Finding
    from unmask.verdict import Label as Label
    from unmask.verdict import Stability as Stability
    from unmask.verdict import Thresholds as Thresholds
    from unmask.verdict import Verdict as Verdict


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'unmask' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)
