"""`explain()`: a picture in, an explanation of its verdict out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from unmask.detector import Detector
from unmask.errors import UsageError
from unmask.explaining.cam import cam, has_cam
from unmask.explaining.explanation import Explanation, FaceExplanation, explained_class
from unmask.explaining.faithfulness import measure_faithfulness
from unmask.explaining.lime import lime
from unmask.explaining.occlusion import occlusion
from unmask.explaining.perturbation import Pixels, Progress, unwatched
from unmask.images import ImageSource, open_image
from unmask.verdict import Label

Method = Callable[[Detector, Pixels, Progress], NDArray[np.float32]]
"""A face to a map of what raises the log-odds of `fake`, `[h, w]`."""

METHODS: Mapping[str, Method] = {"cam": cam, "occlusion": occlusion, "lime": lime}
SHOWN = 640
"""Faces are drawn at no more than this many pixels."""


def explain(
    detector: Detector,
    image: ImageSource,
    *,
    method: str | None = None,
    name: str | None = None,
    target: Label | None = None,
    faithfulness: bool = True,
    stability: bool = True,
    progress: Progress = unwatched,
    methods: Mapping[str, Method] = METHODS,
) -> Explanation:
    """Explain the verdict on one picture, face by face; a picture without a face is explained as a whole.

    Args:
        detector: the model that judges.
        image: anything `open_image` takes.
        method: a key of `methods`; None takes `cam` where the model has one, else `occlusion`.
        name: what the verdict calls the picture.
        target: the class whose evidence is wanted; None takes each face's label (`fake` for `unsure`).
        faithfulness: also test each map against equal shapes at random places.
        stability: also probe the verdict as `detect` does.
        progress: told how many inferences of the current step are done.
        methods: the methods to choose from.

    Raises:
        ImageError: the picture cannot be judged.
        UsageError: no such method, or the model does not support it.
        MissingExtra: the method needs an optional part.
    """
    method = method or ("cam" if has_cam(detector) else "occlusion")
    if method not in methods:
        raise UsageError(f"no method {method!r}; one of {', '.join(methods)}")
    picture = open_image(image, name=name, limits=detector.limits)
    verdict = detector.predict(picture, whole_picture=True, stability=stability)
    sighting = detector.locate_faces(picture)
    whole_picture = not sighting.boxes
    if whole_picture:
        sighting = detector.locate_faces(picture, whole_picture=True)
    inputs = detector.inputs(sighting.patches(detector.card.preprocessing.patch_size))
    faces = []
    for face, region, pixels, crop in zip(
        verdict.faces, sighting.regions, inputs, sighting.patches(SHOWN), strict=True
    ):
        wanted = explained_class(face, target)
        heatmap = methods[method](detector, pixels, progress)
        heatmap = heatmap if wanted is Label.FAKE else -heatmap
        tested = measure_faithfulness(detector, pixels, heatmap, wanted, progress) if faithfulness else None
        faces.append(FaceExplanation(face, region, wanted, heatmap, tested, crop))
    return Explanation(verdict, method, whole_picture, tuple(faces))
