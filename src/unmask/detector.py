"""The detector: from a picture to a verdict. Every command, the web app and the scans use it."""

from __future__ import annotations

import hashlib
import math
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.card import METADATA_KEY, ModelCard
from unmask.errors import BadModelFile
from unmask.faces import FaceDetector, flag_face, smallest_face
from unmask.hub import resolve
from unmask.images import ImageSource, Limits, Picture, open_image
from unmask.predict_options import PredictOptions
from unmask.preprocessing import Box, clip_boxes, extract_patches, full_frame, to_model_input
from unmask.runtime import Session, open_session
from unmask.stability import measure_stability, reencodings, stable_label
from unmask.verdict import Face, ModelReference, Thresholds, Verdict
from unmask.zoo import read_model


@dataclass(frozen=True, slots=True)
class LocatedFaces:
    """A picture and its faces.

    Attributes:
        picture: the opened picture.
        boxes: one per face, `x, y, width, height` in pixels of the full-size upright picture, largest first.
        regions: the square crop for each box.
        seconds: time that the search took.
        scores: detection score of each face; None if the boxes do not come from the face detector.
        smallest_face: side in pixels below which faces were not searched; None without a search.
    """

    picture: Picture
    boxes: tuple[Box, ...]
    regions: tuple[Box, ...]
    seconds: float = 0.0
    scores: tuple[float, ...] | None = None
    smallest_face: int | None = None

    def patches(self, size: int) -> list[Image.Image]:
        """The pixels of each region; a region with a side above `size` is scaled down to it."""
        return extract_patches(self.picture, self.regions, size)


@dataclass(frozen=True, slots=True)
class DetectorConfig:
    """The arguments of `Detector.load`, so that another process can load the same detector.

    Attributes:
        model, engine, threads, limits: as `Detector.load` takes them.
    """

    model: str = "default"
    engine: str = "auto"
    threads: int | None = None
    limits: Limits = field(default_factory=Limits)

    def load(self) -> Detector:
        """Load the detector.

        Raises:
            UnknownModel: no such name or file.
            BadModelFile: not an unmask model, or damaged; the message states what is missing.
        """
        return Detector.load(self.model, engine=self.engine, threads=self.threads, limits=self.limits)


class Detector:
    """A loaded model with its card and the face detector. Thread-safe: several threads may share one detector.

    Attributes:
        card: the card in the model file.
        model: name, version and digest, as verdicts carry them.
        limits: the largest picture to accept.
        config: the arguments of `load`; None if the detector was made otherwise.
    """

    def __init__(self, session: Session, card: ModelCard, sha256: str, limits: Limits, threads: int | None) -> None:
        self._session = session
        self._threads = threads
        self.card = card
        self.model = ModelReference(card.name, card.version, sha256)
        self.limits = limits
        self.config: DetectorConfig | None = None

    @classmethod
    def load(
        cls,
        model: str | os.PathLike[str] = "default",
        *,
        engine: str = "auto",
        threads: int | None = None,
        limits: Limits | None = None,
    ) -> Detector:
        """Load a detector.

        Args:
            model: a name that `unmask models` lists, the path of an `.onnx` file, or a folder or id in the style of the
                Hugging Face hub.
            engine: "auto", "onnx" or "openvino".
            threads: CPU threads for one inference; None uses the engine's default.
            limits: the largest picture to accept.

        Raises:
            UnknownModel: no such name or file.
            BadModelFile: not an unmask model, or damaged; the message states what is missing.
        """
        data = read_model(resolve(model))
        session = open_session(data, engine=engine, threads=threads)
        card = _read_card(session)
        detector = cls(session, card, hashlib.sha256(data).hexdigest(), limits or Limits(), threads)
        detector.config = DetectorConfig(os.fspath(model), engine, threads, detector.limits)
        return detector

    @cached_property
    def _face_detector(self) -> FaceDetector:
        """The face detector, loaded on first use."""
        return FaceDetector.load(threads=self._threads)

    def predict(
        self,
        image: ImageSource,
        *,
        name: str | None = None,
        boxes: Sequence[Box] | None = None,
        whole_picture: bool = False,
        stability: bool = True,
        flag_doubtful: bool = True,
    ) -> Verdict:
        """Judge one picture.

        Args:
            image: path, bytes, binary file, PIL image or array (see `open_image`), or an opened picture.
            name: the picture's name in the verdict; the default for a path is the path.
            boxes: the faces, if you know them: `x, y, width, height` in pixels of the upright picture, from forehead to
                chin. The face detector is not used then. No evidence record can be made of such a verdict, because
                `unmask verify` searches the faces again.
            whole_picture: if no face is found, judge the whole picture instead of returning `no_face`.
            stability: also score mild re-encodings of each face; a flip makes the label `unsure`.
            flag_doubtful: label a face `unsure` if the face detector is not certain of it.

        Raises:
            ImageError: the picture cannot be judged; the message states why.
            UsageError: the boxes are not rows of four numbers, or one lies outside the picture.
        """
        picture = open_image(image, name=name, limits=self.limits)
        options = PredictOptions(whole_picture, stability, flag_doubtful)
        return next(self._predict_batch([picture], options, boxes))

    def predict_many(
        self,
        images: Iterable[ImageSource],
        *,
        batch_size: int = 32,
        whole_picture: bool = False,
        stability: bool = True,
    ) -> Iterator[Verdict]:
        """Judge pictures in order. The faces of `batch_size` pictures are located before they are judged.

        Raises:
            ImageError: a picture cannot be judged. The iteration ends; use `scan` to continue after errors.
        """
        remaining = iter(images)
        while batch := list(islice(remaining, batch_size)):
            yield from self._predict_batch(batch, PredictOptions(whole_picture, stability))

    def _predict_batch(
        self,
        images: Sequence[ImageSource],
        options: PredictOptions,
        boxes: Sequence[Box] | None = None,
    ) -> Iterator[Verdict]:
        started = time.perf_counter()
        located, crops = [], []
        for image in images:
            picture = open_image(image, limits=self.limits)
            faces = self.locate_faces(picture, boxes=boxes, whole_picture=options.whole_picture)
            located.append(faces)
            crops.append(self._crops(faces, options.stability))
            faces.picture.discard_pixels()
        probabilities = self.probabilities(np.concatenate(crops))
        seconds = (time.perf_counter() - started) / len(images)
        for faces, each in zip(located, crops, strict=True):
            own, probabilities = probabilities[: len(each)], probabilities[len(each) :]
            yield self._verdict(faces, own, seconds, options.flag_doubtful)

    def predict_located(self, located: LocatedFaces, *, stability: bool = True) -> Verdict:
        """Judge the located faces of one picture.

        Args:
            located: the faces, from `locate_faces`.
            stability: also score mild re-encodings of each face; a flip makes the label `unsure`.

        Raises:
            CorruptImage: the picture cannot be decoded.
        """
        started = time.perf_counter()
        probabilities = self.probabilities(self._crops(located, stability))
        return self._verdict(located, probabilities, located.seconds + time.perf_counter() - started, True)

    def locate_faces(
        self, picture: Picture, *, boxes: Sequence[Box] | None = None, whole_picture: bool = False
    ) -> LocatedFaces:
        """Find the faces of an opened picture.

        Args:
            picture: the picture.
            boxes: its faces, if they are known.
            whole_picture: if there is no face, use the whole picture as one.

        Raises:
            CorruptImage: the picture cannot be decoded.
            UsageError: the boxes are not rows of four numbers, or one lies outside the picture.
        """
        started = time.perf_counter()
        width, height = picture.width, picture.height
        if boxes is None:
            found = self._face_detector.find_faces(picture)
            boxes, scores = tuple(face.box for face in found), tuple(face.score for face in found)
            smallest = math.ceil(smallest_face(width, height))
        else:
            boxes, scores, smallest = clip_boxes(boxes, width, height), None, None
        regions = tuple(self.card.preprocessing.region(box, width, height) for box in boxes)
        if not boxes and whole_picture:
            boxes, regions, scores = (full_frame(width, height),), (full_frame(width, height),), None
        return LocatedFaces(picture, boxes, regions, time.perf_counter() - started, scores, smallest)

    def inputs(self, patches: Sequence[Image.Image]) -> NDArray[np.uint8]:
        """Patches as model input: uint8 `[N, size, size, 3]`."""
        return to_model_input(patches, self.card.preprocessing)

    def run(self, pixels: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """The raw outputs for uint8 `[N, size, size, 3]`: `logit` `[N]`, and `cam` `[N, h, w]` if the model has one."""
        return self._session.run_each(pixels)

    def probabilities(self, pixels: NDArray[np.uint8]) -> list[float]:
        """The calibrated probability of `fake` for each uint8 `[size, size, 3]`."""
        if not len(pixels):
            return []
        return [self.card.calibration.probability(float(logit)) for logit in self.run(pixels)["logit"]]

    def _crops(self, located: LocatedFaces, stability: bool) -> NDArray[np.uint8]:
        """Model input: each face, followed by its re-encodings if `stability` is True."""
        patches = located.patches(self.card.preprocessing.patch_size)
        if stability:
            patches = [each for patch in patches for each in (patch, *reencodings(patch))]
        return self.inputs(patches)

    def _verdict(
        self, located: LocatedFaces, probabilities: Sequence[float], seconds: float, flag_doubtful: bool
    ) -> Verdict:
        picture, boxes = located.picture, located.boxes
        thresholds = self.card.decision.for_faces(len(boxes))
        each = len(probabilities) // len(boxes) if boxes else 0
        scores = [probabilities[index * each : (index + 1) * each] for index in range(len(boxes))]
        faces = tuple(_label_face(box, score, thresholds) for box, score in zip(boxes, scores, strict=True))
        faces = tuple(
            flag_face(face, score, flag_doubtful)
            for face, score in zip(faces, located.scores or [None] * len(faces), strict=True)
        )
        return Verdict.from_faces(
            faces,
            thresholds,
            self.model,
            path=picture.name,
            sha256=picture.sha256,
            size=(picture.width, picture.height),
            format=picture.format,
            seconds=seconds,
            notes=picture.notes,
            smallest_face=located.smallest_face,
        )


def _label_face(box: Box, scores: Sequence[float], thresholds: Thresholds) -> Face:
    """One face from its score, followed by the scores of its re-encodings if there are any."""
    probability, *others = scores
    stability = measure_stability(probability, others, thresholds) if others else None
    label = stable_label(thresholds.label(probability), stability)
    x, y, w, h = (round(value) for value in box)
    return Face((x, y, w, h), label, probability, stability)


def _read_card(session: Session) -> ModelCard:
    """The card of a model whose inputs and outputs follow the contract for model files.

    Raises:
        BadModelFile: an input, an output or the card is missing; the message states which.
    """
    hint = "not an unmask model"
    if session.input_types.get("pixels") != "tensor(uint8)" or len(session.inputs["pixels"]) != 4:
        raise BadModelFile(f"{hint}: it has no input `pixels` of uint8 [N, H, W, 3]")
    if "logit" not in session.outputs:
        raise BadModelFile(f"{hint}: it has no output `logit`")
    if METADATA_KEY not in session.metadata:
        raise BadModelFile(f"{hint}: it has no card (metadata key `{METADATA_KEY}`)")
    card = ModelCard.from_json(session.metadata[METADATA_KEY])
    size = card.preprocessing.size
    if any(isinstance(side, int) and side != size for side in session.inputs["pixels"][1:3]):
        taken = "×".join(map(str, session.inputs["pixels"][1:3]))
        raise BadModelFile(
            f"{hint}: the card's input size is {size} px, the network takes {taken}; export it with one size"
        )
    return card


def read_card(model: str | os.PathLike[str] = "default") -> tuple[ModelCard, str]:
    """The card of a model file, and the SHA-256 of the file.

    Raises:
        UnknownModel: no such name or file.
        BadModelFile: not an unmask model, or damaged; the message states what is missing.
    """
    data = read_model(resolve(model))
    return _read_card(open_session(data, threads=1)), hashlib.sha256(data).hexdigest()


_default_lock = threading.Lock()


@cache
def _default_detector() -> Detector:
    return Detector.load()


def detect(image: ImageSource) -> Verdict:
    """Judge one picture with the default model, which is loaded once.

    Raises:
        ImageError: the picture cannot be judged; the message states why.
    """
    with _default_lock:
        detector = _default_detector()
    return detector.predict(image)
