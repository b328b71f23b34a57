"""Heat maps for the page: what in a face speaks for which class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unmask.errors import UsageError
from unmask.images import open_image

if TYPE_CHECKING:
    from unmask.detector import Detector

METHODS = ("cam",)
ABOUT = {
    "cam": "Class activation map: the model's own score, place by place. Above 0 speaks for fake, below 0 for real; "
    "the mean over the map is the calibrated logit."
}


def explain(detector: Detector, data: bytes, name: str, method: str) -> dict[str, Any]:
    """The heat map of each face; of the whole picture where there is none.

    Raises:
        ImageError: the picture cannot be judged.
        UsageError: no such method, or the model has no such output.
    """
    if method not in METHODS:
        raise UsageError(f"no method {method!r}; one of {', '.join(METHODS)}")
    picture = open_image(data, name=name, limits=detector.limits)
    sighting = detector.sight(picture, whole_picture=True)
    outputs = detector.run(detector.inputs(sighting.patches(detector.card.preparation.size)))
    if "cam" not in outputs:
        raise UsageError(f"the model {detector.card.name} gives no class activation map")
    calibration = detector.card.calibration
    faces = [
        {
            "box": [round(value) for value in box] if box else None,
            "region": [round(value, 2) for value in region],
            "values": [[round(calibration.logit(float(cell)), 4) for cell in row] for row in values],
        }
        for box, region, values in zip(sighting.boxes or (None,), sighting.regions, outputs["cam"], strict=True)
    ]
    size = {"width": picture.width, "height": picture.height}
    return {"path": name, "sha256": picture.sha256, **size, "method": method, "about": ABOUT[method], "faces": faces}
