"""Someone else's detector as a `Predictor`: a function from a path to a probability of fake."""

from __future__ import annotations

import math
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from unmask._function_import import import_function, source_sha256
from unmask.errors import ImageError, UsageError
from unmask.images import ImageSource, Picture, open_image
from unmask.preprocessing import full_frame
from unmask.verdict import Face, ModelReference, Thresholds, Verdict

PathFunction = Callable[[str], float | None]
"""A function from the path of an image to its probability of fake; None if it finds no face."""
ADVICE = "give --predictor module:function, a function from a path to the probability of fake"


class FunctionPredictor:
    """A function as a detector. It is called by one thread at a time.

    Attributes:
        model: the given name, the version "", and the SHA-256 of the source of the function ("" without a file).
    """

    def __init__(self, function: PathFunction, name: str, threshold: float = 0.5) -> None:
        """Create a predictor.

        Args:
            function: from the path of an image to its probability of fake; None means that no face was found.
            name: name of the detector in the results.
            threshold: probability above which an image is `fake`, and below which it is `real`.
        """
        self._function = function
        self._lock = threading.Lock()
        self._thresholds = Thresholds(threshold, threshold)
        self.model = ModelReference(name, "", source_sha256(function) or "")

    @classmethod
    def load(cls, text: str, name: str) -> FunctionPredictor:
        """The predictor for `module:function`.

        Raises:
            UsageError: there is no such function.
        """
        return cls(import_function(text, ADVICE), name)

    def predict(
        self,
        image: ImageSource,
        *,
        name: str | None = None,
        whole_picture: bool = False,
        stability: bool = True,
        flag_doubtful: bool = True,
    ) -> Verdict:
        """The verdict on one image. The function gets its path, or that of a lossless copy if it has none.

        Args:
            image: the image.
            name: name of the image in the verdict.
            whole_picture: not used; the function judges an image in its own way.
            stability: not used.
            flag_doubtful: not used.

        Raises:
            ImageError: the image cannot be opened, or the function fails on it.
            UsageError: the function returns something else than a probability.
        """
        picture = open_image(image, name=name)
        started = time.perf_counter()
        probability = self._probability(image, picture)
        seconds = time.perf_counter() - started
        faces: tuple[Face, ...] = ()
        if probability is not None:
            x, y, w, h = (round(value) for value in full_frame(picture.width, picture.height))
            faces = (Face((x, y, w, h), self._thresholds.label(probability), probability),)
        return Verdict.from_faces(
            faces,
            self._thresholds,
            self.model,
            path=picture.name,
            sha256=picture.sha256,
            size=(picture.width, picture.height),
            format=picture.format,
            seconds=seconds,
        )

    def _probability(self, image: ImageSource, picture: Picture) -> float | None:
        if isinstance(image, str | Path):
            return self._call(str(image), picture)
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "picture.png"
            picture.rgb().save(copy, compress_level=1)
            return self._call(str(copy), picture)

    def _call(self, path: str, picture: Picture) -> float | None:
        try:
            with self._lock:
                value = self._function(path)
        except Exception as error:
            raise ImageError(f"{picture.name}: {self.model.name} fails ({type(error).__name__}: {error})") from error
        if value is None:
            return None
        try:
            probability = float(value)
        except (TypeError, ValueError):
            probability = math.nan
        if not 0 <= probability <= 1:
            raise UsageError(f"{self.model.name} returned {value!r} for {picture.name}; return a number from 0 to 1")
        return probability
