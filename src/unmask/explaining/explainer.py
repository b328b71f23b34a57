"""`explain()`: explains the verdict on one image."""

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
from unmask.explaining.perturbation import Pixels
from unmask.images import ImageSource, open_image
from unmask.progress import Progress, no_progress
from unmask.verdict import Label

Method = Callable[[Detector, Pixels, Progress], NDArray[np.float32]]
"""Computes a face's map of what raises the log-odds of `fake`, `[h, w]`."""

METHODS: Mapping[str, Method] = {"cam": cam, "occlusion": occlusion, "lime": lime}
CROP_SIZE = 640
"""Largest side in pixels of the crops that are kept for drawing."""


def explain(
    detector: Detector,
    image: ImageSource,
    *,
    method: str | None = None,
    name: str | None = None,
    target: Label | None = None,
    faithfulness: bool = True,
    stability: bool = True,
    progress: Progress = no_progress,
    methods: Mapping[str, Method] = METHODS,
) -> Explanation:
    """Explains the verdict on one image, face by face. An image without a face is explained as a whole.

    Args:
        detector: the loaded model.
        image: anything `open_image` takes.
        method: a key of `methods`; None takes `cam` where the model has one, else `occlusion`.
        name: name of the image in the verdict.
        target: the class to explain; None takes each face's label (`fake` for `unsure`).
        faithfulness: also test each map against equal shapes at random places.
        stability: also probe the verdict's stability, as `detect` does.
        progress: receives the number of inferences done of each step.
        methods: the available methods by name.

    Raises:
        ImageError: the image cannot be judged.
        UsageError: the method is unknown, or the model does not support it.
        MissingExtra: the method needs an optional part of unmask.
    """
    method = method or ("cam" if has_cam(detector) else "occlusion")
    if method not in methods:
        raise UsageError(f"unknown method {method!r}; choose from {', '.join(methods)}")
    picture = open_image(image, name=name, limits=detector.limits)
    located = detector.locate_faces(picture)
    whole_picture = not located.boxes
    if whole_picture:
        located = detector.locate_faces(picture, boxes=(), whole_picture=True)
    verdict = detector.predict_located(located, stability=stability)
    inputs = detector.inputs(located.patches(detector.card.preprocessing.patch_size))
    faces = []
    for face, region, inner, pixels, crop in zip(
        verdict.faces, located.regions, located.face_regions, inputs, located.patches(CROP_SIZE), strict=True
    ):
        scorer, wanted = detector.with_face_region(inner), explained_class(face, target)
        heatmap = methods[method](scorer, pixels, progress)
        heatmap = heatmap if wanted is Label.FAKE else -heatmap
        tested = measure_faithfulness(scorer, pixels, heatmap, wanted, progress) if faithfulness else None
        faces.append(FaceExplanation(face, region, wanted, heatmap, tested, crop))
    return Explanation(verdict, method, whole_picture, tuple(faces))
