"""A scikit-learn classifier on paths of images. Needs the extra `sklearn`.

>>> from unmask.sklearn import UnmaskClassifier
>>> UnmaskClassifier().fit(paths, labels).predict_proba(other_paths)
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from unmask.datasets.parallel import parallel_map
from unmask.detector import Detector
from unmask.errors import MissingExtra

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.linear_model import LogisticRegression
    from sklearn.utils.validation import check_is_fitted
except ImportError:
    raise MissingExtra("the scikit-learn classifier", "sklearn") from None

__all__ = ["UnmaskClassifier"]

_POSITIVE = ("fake", "Fake", "FAKE")
_MARGIN = 1e-6
"""Distance of a probability from 0 and 1 before its log-odds are taken."""


class UnmaskClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A trained model whose probabilities are recalibrated on labeled paths (Platt, 1999).

    `fit` learns two numbers, a factor and an offset of the log-odds; the network stays as it is. Train networks with
    `unmask.train`.

    Attributes:
        classes_: the two classes in sorted order.
        positive_: the class of fakes: "fake" if it is a class, else the second one.
        model_: name and version of the model.
    """

    def __init__(self, model: str = "default", whole_picture: bool = True, recalibrate: bool = True) -> None:
        """Create a classifier.

        Args:
            model: a name that `unmask models` lists, or the path of an `.onnx` file.
            whole_picture: judge the whole image if no face is found; False gives such images the probability 1/2.
            recalibrate: False keeps the probabilities of the model, so that `fit` only stores the classes.
        """
        self.model = model
        self.whole_picture = whole_picture
        self.recalibrate = recalibrate

    def fit(self, X: Sequence[str | os.PathLike[str]], y: ArrayLike) -> Self:  # noqa: N803  the name in scikit-learn
        """Recalibrate the model.

        Args:
            X: paths of images.
            y: their classes, two different ones.

        Raises:
            ValueError: there are not two classes, or not one class for each path.
            ImageError: an image cannot be judged.
        """
        classes, codes = np.unique(np.asarray(y), return_inverse=True)
        if len(classes) != 2:
            raise ValueError(f"y has {len(classes)} classes; give two, such as 'real' and 'fake'")
        if len(codes) != len(X):
            raise ValueError(f"X has {len(X)} paths and y has {len(codes)} classes; give one class for each path")
        self.classes_ = classes
        fake = next((index for index, name in enumerate(classes) if name in _POSITIVE), 1)
        self.positive_ = classes[fake]
        self._detector = Detector.load(self.model, threads=1)
        self.model_ = f"{self._detector.model.name} {self._detector.model.version}"
        self._scale, self._offset = 1.0, 0.0
        if self.recalibrate:
            fitted = LogisticRegression().fit(self._log_odds(X)[:, None], codes == fake)
            self._scale, self._offset = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
        return self

    def decision_function(self, X: Sequence[str | os.PathLike[str]]) -> NDArray[np.float64]:  # noqa: N803
        """The log-odds of the second class, `[N]`.

        Args:
            X: paths of images.

        Raises:
            NotFittedError: `fit` was not called.
            ImageError: an image cannot be judged.
        """
        check_is_fitted(self, "classes_")
        odds = self._scale * self._log_odds(X) + self._offset
        return odds if self.positive_ == self.classes_[1] else -odds

    def predict_proba(self, X: Sequence[str | os.PathLike[str]]) -> NDArray[np.float64]:  # noqa: N803
        """The probabilities of the classes, `[N, 2]`, in the order of `classes_`; the errors of `decision_function`."""
        second = 1 / (1 + np.exp(-self.decision_function(X)))
        return np.stack([1 - second, second], 1)

    def predict(self, X: Sequence[str | os.PathLike[str]]) -> NDArray[Any]:  # noqa: N803
        """The more probable class of each image, `[N]`; the errors of `decision_function`."""
        second = self.decision_function(X) > 0
        return self.classes_[second.astype(int)]  # type: ignore[no-any-return]

    def _log_odds(self, paths: Sequence[str | os.PathLike[str]]) -> NDArray[np.float64]:
        def score(path: str | os.PathLike[str]) -> float:
            verdict = self._detector.predict(os.fspath(path), whole_picture=self.whole_picture, stability=False)
            probability = 0.5 if verdict.probability_fake is None else verdict.probability_fake
            probability = min(max(probability, _MARGIN), 1 - _MARGIN)
            return math.log(probability / (1 - probability))

        return np.array(list(parallel_map(score, list(paths))), np.float64)

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = {**super().__getstate__()}
        state.pop("_detector", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "classes_" in state:
            self._detector = Detector.load(self.model, threads=1)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.string = False, True
        tags.classifier_tags.multi_class = False
        return tags
