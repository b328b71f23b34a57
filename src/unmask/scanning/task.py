"""From an item to its finding: the work of one worker, in whichever process it runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from unmask import __version__
from unmask.detector import Detector, DetectorConfig
from unmask.errors import UnmaskError
from unmask.images import Limits, Picture
from unmask.scanning.cache import VerdictCache
from unmask.scanning.items import ScanItem, is_stored_elsewhere, read_again
from unmask.verdict import Failure, Finding, Verdict
from unmask.video import is_video
from unmask.zoo import FACES


@dataclass(frozen=True, slots=True)
class ScanConfig:
    """What is to be done with every item; small, so that it can be sent to another process or machine.

    Attributes:
        settings: which detector to load.
        stability, whole_picture: as `Detector.predict` takes them.
        cache: the file of judgements by content, or None to judge everything anew.
    """

    settings: DetectorConfig = field(default_factory=DetectorConfig)
    stability: bool = True
    whole_picture: bool = False
    cache: str | None = None

    def conditions(self, detector: Detector) -> str:
        """Everything besides a picture's bytes that its verdict depends on."""
        parts = (
            detector.model.sha256,
            FACES.sha256,
            self.settings.engine,
            self.stability,
            self.whole_picture,
            __version__,
        )
        return " ".join(map(str, parts))

    def unlike(self, verdict: Verdict) -> str | None:
        """With or without which option, as the command line spells it, a verdict was made, where this job differs."""
        probed = any(face.stability for face in verdict.faces)
        if probed and not self.stability:
            return "with --stability"
        if is_video(verdict.path or ""):
            return None
        if verdict.faces and not probed and self.stability:
            return "with --no-stability"
        return "without --whole-picture" if self.whole_picture and not verdict.faces else None


class ScanWorker:
    """A detector at work on one job. Items may be opened in other threads than the one that judges."""

    def __init__(self, job: ScanConfig, detector: Detector | None = None) -> None:
        """Load the job's detector, unless one is at hand.

        Raises:
            ModelError: the detector cannot be loaded.
            OutputError: the cache cannot be opened.
        """
        self._job = job
        self._detector = detector or job.settings.load()
        self._cache = VerdictCache(job.cache, job.conditions(self._detector)) if job.cache else None

    def open(self, item: ScanItem) -> Opened:
        """Read a picture's bytes, digest and header; of a clip, which may be larger than memory, only the digest."""
        if item.failure:
            return item.failure
        try:
            return _clip(item, self._detector.limits) if item.is_clip else item.open(self._detector.limits)
        except UnmaskError as error:
            return Failure.from_error(error)
        except Exception as error:
            return _surprise(item, error)

    def judge(self, item: ScanItem, opened: Opened) -> Finding:
        """The finding of an item; whatever goes wrong with it becomes a problem."""
        if isinstance(opened, Failure):
            return Finding(item.path, opened)
        try:
            return Finding(item.path, self._verdict(opened).with_path(item.path))
        except UnmaskError as error:
            return Finding(item.path, Failure.from_error(error))
        except Exception as error:
            return Finding(item.path, _surprise(item, error))

    def _verdict(self, opened: Picture | OpenedClip) -> Verdict:
        if self._cache and (known := self._cache.get(opened.sha256)):
            return known
        if isinstance(opened, OpenedClip):
            from unmask.video.inference import judge_clip

            verdict = judge_clip(self._detector, opened.source, name=opened.name, sha256=opened.sha256).verdict
        else:
            job = self._job
            verdict = self._detector.predict(opened, whole_picture=job.whole_picture, stability=job.stability)
        if self._cache:
            self._cache.put(verdict)
        return verdict


@dataclass(frozen=True, slots=True)
class OpenedClip:
    """A clip that is ready to be judged: a path or its bytes, what it is called, and the digest of its bytes."""

    source: str | bytes
    name: str
    sha256: str


Opened = Picture | OpenedClip | Failure


def _clip(item: ScanItem, limits: Limits) -> OpenedClip:
    from unmask.video.inference import source_sha256

    data = item.data
    if data is None and is_stored_elsewhere(item.path):
        data = read_again(item.path, limits)
    source = item.path if data is None else data
    return OpenedClip(source, item.path, source_sha256(source, item.path))


def _surprise(item: ScanItem, error: Exception) -> Failure:
    """An error nobody foresaw, such as too little memory for one picture."""
    kind = UnmaskError(f"{item.path}: failed unexpectedly ({type(error).__name__}: {error})")
    return Failure.from_error(kind)
