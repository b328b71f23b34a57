from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

pytest.importorskip("sklearn", reason="needs the extra sklearn")

from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score

from tests.conftest import MODEL
from unmask import Detector
from unmask.errors import MissingFile
from unmask.sklearn import UnmaskClassifier


@pytest.fixture(scope="module")
def labeled(tmp_path_factory: pytest.TempPathFactory, portrait: Image.Image) -> tuple[list[str], list[str]]:
    """Three portraits called real and three smoothed ones called fake."""
    folder = tmp_path_factory.mktemp("labeled")
    paths, labels = [], []
    for number in range(3):
        small = portrait.resize((200 + 4 * number, 200))
        for label, image in (("real", small), ("fake", small.filter(ImageFilter.GaussianBlur(2)))):
            image.save(folder / f"{label}{number}.jpg", quality=90)
            paths.append(str(folder / f"{label}{number}.jpg"))
            labels.append(label)
    return paths, labels


@pytest.fixture(scope="module")
def fitted(labeled: tuple[list[str], list[str]]) -> UnmaskClassifier:
    return UnmaskClassifier(MODEL).fit(*labeled)


def test_probabilities_are_ordered_like_the_model(
    fitted: UnmaskClassifier, labeled: tuple[list[str], list[str]], detector: Detector
) -> None:
    paths, labels = labeled
    probabilities = fitted.predict_proba(paths)
    assert list(fitted.classes_) == ["fake", "real"]
    assert np.allclose(probabilities.sum(1), 1)
    raw = [detector.predict(path, stability=False).probability_fake for path in paths]
    order = np.argsort(raw) if fitted._scale > 0 else np.argsort(raw)[::-1]
    assert (np.diff(probabilities[order, 0]) >= 0).all()
    assert set(fitted.predict(paths)) <= set(labels)


def test_without_recalibration_the_probabilities_are_those_of_the_model(
    labeled: tuple[list[str], list[str]], detector: Detector
) -> None:
    paths, labels = labeled
    codes = [int(label == "fake") for label in labels]
    classifier = UnmaskClassifier(MODEL, recalibrate=False).fit(paths, codes)
    assert classifier.positive_ == 1
    expected = detector.predict(paths[0], stability=False).probability_fake
    assert classifier.predict_proba(paths[:1])[0, 1] == pytest.approx(expected, abs=1e-5)


def test_scikit_learn_can_clone_pickle_and_cross_validate_it(
    fitted: UnmaskClassifier, labeled: tuple[list[str], list[str]]
) -> None:
    paths, labels = labeled
    assert clone(fitted).get_params() == fitted.get_params()
    assert (pickle.loads(pickle.dumps(fitted)).predict(paths[:2]) == fitted.predict(paths[:2])).all()
    scores = cross_val_score(UnmaskClassifier(MODEL), paths, labels, cv=3, scoring="roc_auc")
    assert len(scores) == 3


def test_wrong_input_is_an_error(labeled: tuple[list[str], list[str]], tmp_path: Path) -> None:
    paths, labels = labeled
    with pytest.raises(NotFittedError):
        UnmaskClassifier(MODEL).predict(paths)
    with pytest.raises(ValueError, match="1 classes"):
        UnmaskClassifier(MODEL).fit(paths, ["real"] * 6)
    with pytest.raises(ValueError, match="6 paths and y has 5"):
        UnmaskClassifier(MODEL).fit(paths, labels[:5])
    with pytest.raises(MissingFile):
        UnmaskClassifier(MODEL).fit([*paths[:5], str(tmp_path / "missing.jpg")], labels)
