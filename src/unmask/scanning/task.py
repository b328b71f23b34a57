"""The work of one scan worker: turn an item into its finding."""

from __future__ import annotations

from dataclasses import dataclass, field

from unmask._version import __version__
from unmask.detector import Detector, DetectorConfig
from unmask.errors import UnmaskError
from unmask.faces import identify_face_detector
from unmask.images import Limits, Picture
from unmask.scanning.cache import VerdictCache
from unmask.scanning.items import ScanItem, is_local_file, read_bytes
from unmask.verdict import Failure, Finding, Verdict
from unmask.video import is_video


@dataclass(frozen=True, slots=True)
class ScanConfig:
    """What a scan does with every item. It is pickled and sent to worker processes.

    Attributes:
        detector: the detector to load.
        stability, whole_picture: arguments of `Detector.predict`.
        cache: path of the verdict cache; None to judge every image again.
    """

    detector: DetectorConfig = field(default_factory=DetectorConfig)
    stability: bool = True
    whole_picture: bool = False
    cache: str | None = None

    def cache_key(self, detector: Detector) -> str:
        """The part of a cache key that does not depend on the image: models, engine, options, version."""
        parts = (
            detector.model.sha256,
            *identify_face_detector(self.detector.faces).values(),
            self.detector.engine,
            self.stability,
            self.whole_picture,
            __version__,
        )
        return " ".join(map(str, parts))

    def mismatch(self, verdict: Verdict) -> str | None:
        """The option that the scan behind an earlier verdict had otherwise, such as "with --stability"; else None."""
        probed = any(face.stability for face in verdict.faces)
        if probed and not self.stability:
            return "with --stability"
        if is_video(verdict.path or ""):
            return None
        if verdict.faces and not probed and self.stability:
            return "with --no-stability"
        return "without --whole-picture" if self.whole_picture and not verdict.faces else None


class ScanWorker:
    """Runs the detector on items. Other threads may call `open` while one thread calls `predict`."""

    def __init__(self, config: ScanConfig, detector: Detector | None = None) -> None:
        """Load the detector and open the cache.

        Args:
            config: what to do with every item.
            detector: a loaded detector, used instead of the one that `config` names.

        Raises:
            ModelError: the detector cannot be loaded.
            OutputError: the cache cannot be opened.
        """
        self._config = config
        self._detector = detector or config.detector.load()
        self._cache = VerdictCache(config.cache, config.cache_key(self._detector)) if config.cache else None

    def open(self, item: ScanItem) -> Opened:
        """Read an image's bytes, digest and header, or only the digest of a clip."""
        if item.failure:
            return item.failure
        try:
            return _open_clip(item, self._detector.limits) if item.is_clip else item.open(self._detector.limits)
        except UnmaskError as error:
            return Failure.from_error(error)
        except Exception as error:
            return _unexpected(item, error)

    def predict(self, item: ScanItem, opened: Opened) -> Finding:
        """Run the detector; the finding holds a failure if anything goes wrong."""
        if isinstance(opened, Failure):
            return Finding(item.path, opened)
        try:
            return Finding(item.path, self._verdict(opened).with_path(item.path))
        except UnmaskError as error:
            return Finding(item.path, Failure.from_error(error))
        except Exception as error:
            return Finding(item.path, _unexpected(item, error))

    def _verdict(self, opened: Picture | OpenedClip) -> Verdict:
        if self._cache and (known := self._cache.get(opened.sha256)):
            return known
        if isinstance(opened, OpenedClip):
            from unmask.video.inference import judge_clip

            verdict = judge_clip(self._detector, opened.source, name=opened.name, sha256=opened.sha256).verdict
        else:
            config = self._config
            verdict = self._detector.predict(opened, whole_picture=config.whole_picture, stability=config.stability)
        if self._cache:
            self._cache.put(verdict)
        return verdict


@dataclass(frozen=True, slots=True)
class OpenedClip:
    """A clip that is ready for inference.

    Attributes:
        source: its path or its bytes.
        name: the path of its finding.
        sha256: the digest of its bytes.
    """

    source: str | bytes
    name: str
    sha256: str


Opened = Picture | OpenedClip | Failure


def _open_clip(item: ScanItem, limits: Limits) -> OpenedClip:
    from unmask.video.inference import source_sha256

    data = item.data
    if data is None and not is_local_file(item.path):
        data = read_bytes(item.path, limits)
    source = item.path if data is None else data
    return OpenedClip(source, item.path, source_sha256(source, item.path))


def _unexpected(item: ScanItem, error: Exception) -> Failure:
    """The failure for an exception that is no `UnmaskError`, such as a MemoryError."""
    kind = UnmaskError(f"{item.path}: failed unexpectedly ({type(error).__name__}: {error})")
    return Failure.from_error(kind)
