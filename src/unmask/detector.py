"""The detector: from a picture to a verdict. Every command, the web app and the scans use it."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from unmask.card import ModelCard
from unmask.card_reader import model_inputs, session_card
from unmask.composed_session import open_model
from unmask.faces import BaseFaceDetector, FacesArgument, flag_face, load_face_detector
from unmask.hub import resolve
from unmask.images import ImageSource, Limits, Picture, open_image
from unmask.located_faces import LocatedFaces
from unmask.predict_options import PredictOptions
from unmask.preprocessing import WHOLE_INPUT, Box, FaceRegion, clip_boxes, full_frame, to_model_input
from unmask.runtime import Session
from unmask.stability import measure_stability, reencodings, stable_label
from unmask.verdict import Face, ModelReference, Thresholds, Verdict
from unmask.zoo import read_model


@dataclass(frozen=True, slots=True)
class DetectorConfig:
    """The arguments of `Detector.load`, so that another process can load the same detector.

    Attributes:
        model, engine, threads, limits, faces: as `Detector.load` takes them.
    """

    model: str = "default"
    engine: str = "auto"
    threads: int | None = None
    limits: Limits = field(default_factory=Limits)
    faces: FacesArgument | None = None

    def load(self) -> Detector:
        """Load the detector.

        Raises:
            UnknownModel: no such name or file.
            BadModelFile: not an unmask model, or damaged; the message states what is missing.
        """
        return Detector.load(self.model, engine=self.engine, threads=self.threads, limits=self.limits, faces=self.faces)


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
        self._face_region = WHOLE_INPUT

    @classmethod
    def load(
        cls,
        model: str | os.PathLike[str] = "default",
        *,
        engine: str = "auto",
        threads: int | None = None,
        limits: Limits | None = None,
        faces: FacesArgument | None = None,
    ) -> Detector:
        """Load a detector.

        Args:
            model: a name listed by `unmask models`, an `.onnx` file, or a folder or id as in the Hugging Face hub.
            engine: one of `unmask.runtime.ENGINES`; without its device, the CPU is used.
            threads: CPU threads for one inference; None uses the engine's default.
            limits: the largest picture to accept.
            faces: your face detector: an `.onnx` file (YuNet), `module:function`, or a function from an RGB picture to
                rows of `x, y, width, height`. None for the shipped one.

        Raises:
            UnknownModel: no such name or file.
            BadModelFile: not an unmask model, or damaged; the message states what is missing.
        """
        data = read_model(resolve(model))
        session = open_model(data, engine=engine, threads=threads)
        card = session_card(session)
        detector = cls(session, card, hashlib.sha256(data).hexdigest(), limits or Limits(), threads)
        detector.config = DetectorConfig(os.fspath(model), engine, threads, detector.limits, faces)
        if faces is not None:
            detector._face_detector = load_face_detector(faces, threads)
        return detector

    @cached_property
    def _face_detector(self) -> BaseFaceDetector:
        """The face detector, loaded on first use."""
        return load_face_detector(threads=self._threads)

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
        pixels = np.concatenate([own for own, _ in crops])
        probabilities = self.probabilities(pixels, [region for _, own in crops for region in own])
        seconds = (time.perf_counter() - started) / len(images)
        for faces, (each, _) in zip(located, crops, strict=True):
            own, probabilities = probabilities[: len(each)], probabilities[len(each) :]
            yield self._verdict(faces, own, seconds, options.flag_doubtful)

    def predict_located(self, located: LocatedFaces, *, stability: bool = True, correct_count: bool = True) -> Verdict:
        """Judge the located faces of one picture.

        Args:
            located: the faces, from `locate_faces`.
            stability: also score mild re-encodings of each face; a flip makes the label `unsure`.
            correct_count: correct the probabilities for the number of faces.

        Raises:
            CorruptImage: the picture cannot be decoded.
        """
        started = time.perf_counter()
        probabilities = self.probabilities(*self._crops(located, stability))
        seconds = located.seconds + time.perf_counter() - started
        return self._verdict(located, probabilities, seconds, True, correct_count=correct_count)

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
            smallest = self._face_detector.smallest_face(width, height)
        else:
            boxes, scores, smallest = clip_boxes(boxes, width, height), None, None
        view = self.card.preprocessing
        regions = tuple(view.region(box, width, height) for box in boxes)
        inner = tuple(view.face_region(box, width, height) for box in boxes)
        if not boxes and whole_picture:
            boxes, scores = (full_frame(width, height),), None
            regions, inner = boxes, (WHOLE_INPUT,)
        return LocatedFaces(picture, boxes, regions, inner, time.perf_counter() - started, scores, smallest)

    def inputs(self, patches: Sequence[Image.Image]) -> NDArray[np.uint8]:
        """Patches as model input: uint8 `[N, size, size, 3]`."""
        return to_model_input(patches, self.card.preprocessing)

    def with_face_region(self, region: FaceRegion) -> Detector:
        """The same detector for inputs whose face lies at `region`, for callers that score one face many times."""
        other = copy(self)
        other._face_region = region
        return other

    def run(
        self, pixels: NDArray[np.uint8], face_regions: Sequence[FaceRegion] | None = None
    ) -> dict[str, NDArray[np.float32]]:
        """The raw outputs of the model: `logit` `[N]`, and `cam` `[N, h, w]` if the model has one.

        Args:
            pixels: uint8 `[N, size, size, 3]`.
            face_regions: the crop around each face, within its pixels; None uses that of `with_face_region`, or the
                whole input. Only models with an input `face_region` need them.
        """
        regions = [self._face_region] * len(pixels) if face_regions is None else face_regions
        return self._session.run_each(**model_inputs(self._session, pixels, regions))

    def probabilities(self, pixels: NDArray[np.uint8], face_regions: Sequence[FaceRegion] | None = None) -> list[float]:
        """The calibrated probability of `fake` for each uint8 `[size, size, 3]`; the arguments are those of `run`."""
        if not len(pixels):
            return []
        logits = self.run(pixels, face_regions)["logit"]
        return [self.card.calibration.probability(float(logit)) for logit in logits]

    def _crops(self, located: LocatedFaces, stability: bool) -> tuple[NDArray[np.uint8], list[FaceRegion]]:
        """Model input with its face regions: each face, followed by its re-encodings if `stability` is True."""
        patches = located.patches(self.card.preprocessing.patch_size)
        if not stability:
            return self.inputs(patches), list(located.face_regions)
        encoded = [[patch, *reencodings(patch)] for patch in patches]
        regions = [region for region, own in zip(located.face_regions, encoded, strict=True) for _ in own]
        return self.inputs([each for own in encoded for each in own]), regions

    def _verdict(
        self,
        located: LocatedFaces,
        probabilities: Sequence[float],
        seconds: float,
        flag_doubtful: bool,
        *,
        correct_count: bool = True,
    ) -> Verdict:
        picture, boxes = located.picture, located.boxes
        decision = self.card.decision
        thresholds = decision.thresholds
        each = len(probabilities) // len(boxes) if boxes else 0
        count = len(boxes) if correct_count else 1
        corrected = [decision.correct(probability, count) for probability in probabilities]
        scores = [corrected[index * each : (index + 1) * each] for index in range(len(boxes))]
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
