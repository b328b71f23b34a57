"""Error rates by apparent skin tone, light, head pose, sharpness and face size.

    python -m research.studies.fairness --data DATA [--reference yunet.onnx] [--model NAME|FILE] [--json F] [--card F]

The script runs the detector on the images of the `valid` split that contain one face and measures each face with
`face_attributes`. It prints markdown tables of error rates by group. Each rate has its difference from all other faces
at the same mix of sources (N. Mantel and W. Haenszel, J. Nat. Cancer Inst. 22, 1959), because sources differ both in
their faces and in their difficulty. Intervals: 95 %, bootstrap over identities, the exact binomial limit for none or
all. The last table shows how well each measure agrees with itself: between both cheeks, in other light, and in the
mirrored image.

`--reference` names the file of the reference face detector, whose landmarks are used. The landmarks of the face
detector of unmask are accurate enough for cheeks but not for a turned head, so without the reference face detector
there are no rows for head pose.

Age, sex and glasses are not estimated. The dataset has no labels for them, so the errors of an estimator could not be
separated from those of the detector. `--card` writes the groups into the card of a model file, under `metrics.groups`.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from research.common.proportions import percent
from research.face_detector.yunet import YuNet
from research.release.release_model import add_metrics
from research.studies.face_attributes import TONES, FaceAttributes, measure_face, tone_class
from unmask import Detector, open_image
from unmask.datasets import Dataset, LabeledImage, stratified_sample
from unmask.datasets.auc import Interval
from unmask.evaluation import Predictions, Sample
from unmask.evaluation.bootstrap import bootstrap_intervals, metrics_with_intervals
from unmask.evaluation.metrics import Floats, MetricArrays
from unmask.faces import FaceDetector, FoundFace
from unmask.faces.search_scales import make_search_scales
from unmask.verdict import Verdict

SURE = 0.7
"""Lowest score of a face of the reference face detector."""
LEAST = 20
"""Groups with fewer faces of a class get no rates."""
SHOWN = ("auc", "false_alarms", "misses", "coverage", "sure_accuracy")
POSES = {"to the front, under 15°": 15.0, "turned, 15–30°": 30.0, "far turned, over 30°": math.inf}
LIGHTS = {"dim, L* under 40": 40.0, "middle, L* 40–65": 65.0, "bright, L* over 65": math.inf}
SIDES = {"under 128 px": 128.0, "128–191 px": 192.0, "192 px and up": math.inf}
NO_TONE = "not told: dim or coloured light, grey"
"""Name of the group of faces without a measured tone. Stored model cards contain the names of the groups."""
THIRDS = ("least sharp third of its source", "middle third", "sharpest third of its source")
Mask = NDArray[np.bool_]
Masks = dict[str, Mask]


@dataclass(frozen=True, slots=True)
class MeasuredFace:
    """An image with one face, its verdict and its attributes."""

    item: LabeledImage
    verdict: Verdict
    attributes: FaceAttributes


Find = Callable[[Image.Image], list[FoundFace]]


def reference(yunet: YuNet) -> Find:
    """The reference face detector as a function from an image to its faces, at the larger search scale of unmask."""

    def find(image: Image.Image) -> list[FoundFace]:
        part = make_search_scales(image)[0]
        rows = yunet.find(Image.fromarray(part.pixels[0]), SURE)
        places = part.to_picture(rows[:, [0, 1]]), part.to_picture(rows[:, [0, 1]] + rows[:, [2, 3]])
        points = part.to_picture(rows[:, 5:].reshape(-1, 5, 2))
        return [
            FoundFace((*low.tolist(), *(high - low).tolist()), float(row[4]), tuple(map(tuple, marks.tolist())))
            for row, low, high, marks in zip(rows, *places, points, strict=True)
        ]

    return find


def measure_faces(detector: Detector, find: Find, dataset: Dataset) -> list[MeasuredFace]:
    """Verdict and attributes of every image in which exactly one face is found."""
    measured = []
    for item in dataset:
        picture = open_image(item.path, name=item.name)
        faces = find(picture.rgb())
        if len(faces) == 1:
            attributes = measure_face(picture.rgb(), faces[0])
            measured.append(MeasuredFace(item, detector.predict(picture), attributes))
    return measured


def group_masks(faces: Sequence[MeasuredFace], *, posed: bool) -> dict[str, Masks]:
    """Groups of each attribute as masks `[N]`; head pose only if `posed`."""
    measured = [face.attributes for face in faces]
    tones = [NO_TONE if math.isnan(one.tone) else tone_class(one.tone) for one in measured]
    names = (*reversed(TONES), NO_TONE)
    return {
        "apparent skin tone": {name: np.array([tone == name for tone in tones], bool) for name in names},
        "light on the face": _masks_by_limit(np.array([one.brightness for one in measured]), LIGHTS),
        **({"head pose": _masks_by_limit(np.array([one.yaw for one in measured]), POSES)} if posed else {}),
        "sharpness": _thirds(faces),
        "face size": _masks_by_limit(np.array([one.side for one in measured]), SIDES),
    }


def _masks_by_limit(values: Floats, limits: Mapping[str, float]) -> Masks:
    place = np.searchsorted(list(limits.values()), values, side="right")
    return {name: place == number for number, name in enumerate(limits)}


def _thirds(faces: Sequence[MeasuredFace]) -> Masks:
    """Thirds by rank within the source, so that sharpness is not confounded with the source."""
    sources = np.array([face.item.source for face in faces])
    values = np.array([face.attributes.sharpness for face in faces])
    place = np.zeros(len(faces), int)
    for source in set(sources.tolist()):
        here = sources == source
        place[here] = values[here].argsort().argsort() * 3 // here.sum()
    return {name: place == number for number, name in enumerate(THIRDS)}


def group_metrics(predictions: Predictions, member: Mask) -> dict[str, Any]:
    """Counts, metrics and differences `[value, low, high]` of the images selected by a mask `[N]`."""
    inside = predictions.take(member)
    labels, groups = inside.dataset.labels, inside.dataset.groups
    found = metrics_with_intervals(inside.sample, groups)
    gaps = rate_differences(predictions, member)
    return {
        "n_real": int((labels == 0).sum()),
        "n_fake": int((labels == 1).sum()),
        **{name: found[name].to_list() for name in SHOWN if not math.isnan(found[name].value)},
        **{name: gaps[name].to_list() for name in gaps if not math.isnan(gaps[name].value)},
    }


def error_masks(sample: Sample) -> dict[str, tuple[Mask, Mask]]:
    """For each kind of error, masks `[N]` of the images in which it can occur and of those in which it occurs."""
    real, fake = sample.labels == 0, sample.labels == 1
    return {
        "false_alarms_gap": (real, sample.decision == 1),
        "not_cleared_gap": (real, sample.decision != 0),
        "misses_gap": (fake, sample.decision == 0),
    }


def rate_differences(predictions: Predictions, member: Mask) -> dict[str, Interval]:
    """Difference of each error rate between a group and all other faces, at the same mix of sources.

    Args:
        predictions: N images.
        member: `[N]`, True for members of the group.

    Returns:
        Differences of rates. If an error never occurs in the group or in the others, resampling underestimates the
        interval, so the limit on that side is widened by the exact binomial limit.
    """
    sources, groups = np.array([item.source for item in predictions.dataset]), predictions.dataset.groups
    errors = error_masks(predictions.sample)

    def measured(weights: Floats) -> MetricArrays:
        return {
            name: mantel_haenszel(relevant, wrong, member, sources, weights)
            for name, (relevant, wrong) in errors.items()
        }

    found = bootstrap_intervals(measured, groups)
    for name, (relevant, wrong) in errors.items():
        above, below = (_zero_rate_limit(groups[relevant & side], wrong[relevant & side]) for side in (member, ~member))
        found[name] = Interval(found[name].value, found[name].low - below, found[name].high + above)
    return found


def _zero_rate_limit(groups: NDArray[np.int64], wrong: Mask) -> float:
    """Upper 97.5 % limit of a rate of which no group shows an error; 0 if one does."""
    return 0.0 if wrong.any() or not len(groups) else 1.0 - float(0.025 ** (1.0 / len(np.unique(groups))))


def mantel_haenszel(relevant: Mask, wrong: Mask, member: Mask, strata: NDArray[np.str_], weights: Floats) -> Floats:
    """Mantel-Haenszel difference of the error rates of two groups over strata, `[R]`.

    Args:
        relevant: `[N]`, True for the images in which the error can occur.
        wrong: `[N]`, True if the error occurred.
        member: `[N]`, True for the group; it is compared with the other relevant images.
        strata: `[N]`, name of the stratum of each image.
        weights: `[R, N]`, weights of R bootstrap resamples.
    """
    total, informed = np.zeros(len(weights)), np.zeros(len(weights))
    for stratum in sorted(set(strata.tolist())):
        here = relevant & (strata == stratum)
        inside, outside = weights @ (here & member), weights @ (here & ~member)
        errors = weights @ (here & member & wrong), weights @ (here & ~member & wrong)
        both = np.maximum(inside + outside, 1e-12)
        total += (errors[0] * outside - errors[1] * inside) / both
        informed += inside * outside / both
    with np.errstate(invalid="ignore", divide="ignore"):
        difference: Floats = np.where(informed > 0, total / informed, np.nan)
    return difference


def agreement(find: Find, measured: Sequence[MeasuredFace], count: int, *, posed: bool) -> dict[str, dict[str, float]]:
    """Agreement of two measurements of the same faces: median difference in degrees, share in another class."""
    cheeks = [one.attributes.cheeks for one in measured if not any(map(math.isnan, one.attributes.cheeks))]
    result = {"tone: right and left cheek": _compare_pairs(cheeks, tone_class)}
    chosen = measured[:: max(1, len(measured) // count)]
    images = [open_image(one.item.path).rgb() for one in chosen]
    for name, factor in (("tone: a tenth darker", 0.9), ("tone: a tenth brighter", 1.1)):
        pairs = [
            (one.attributes.tone, measure_face(image.point(lambda value, factor=factor: value * factor), face).tone)
            for one, image in zip(chosen, images, strict=True)
            if len(faces := find(image)) == 1 and (face := faces[0])
        ]
        result[name] = _compare_pairs([pair for pair in pairs if not any(map(math.isnan, pair))], tone_class)
    if not posed:
        return result
    mirrored = [_mirrored(find, one, image) for one, image in zip(chosen, images, strict=True)]
    result["pose: mirrored picture"] = _compare_pairs(
        [pair for pair in mirrored if pair], lambda angle: _name(angle, POSES)
    )
    return result


def _mirrored(find: Find, one: MeasuredFace, image: Image.Image) -> tuple[float, float] | None:
    turned = ImageOps.mirror(image)
    faces = find(turned)
    return (one.attributes.yaw, measure_face(turned, faces[0]).yaw) if len(faces) == 1 else None


def _compare_pairs(pairs: Sequence[tuple[float, float]], named: Any) -> dict[str, float]:
    gaps = [abs(first - second) for first, second in pairs]
    other = [named(first) != named(second) for first, second in pairs]
    return {"faces": len(pairs), "degrees": float(np.median(gaps)), "other_class": float(np.mean(other))}


def _name(value: float, limits: Mapping[str, float]) -> str:
    return next(name for name, limit in limits.items() if value < limit)


def metrics_by_group(measured: Sequence[MeasuredFace], *, posed: bool) -> dict[str, Any]:
    """Metrics of each group of each attribute; only the counts of groups that are too small."""
    predictions = Predictions(
        Dataset(tuple(one.item for one in measured), "faces"), tuple(one.verdict for one in measured)
    )
    labels = predictions.dataset.labels
    result: dict[str, Any] = {"all": {"all": group_metrics(predictions, np.ones(len(measured), bool))}}
    for attribute, masks in group_masks(measured, posed=posed).items():
        result[attribute] = {}
        for name, member in masks.items():
            sizes = {"n_real": int((member & (labels == 0)).sum()), "n_fake": int((member & (labels == 1)).sum())}
            enough = min(sizes.values()) >= LEAST
            result[attribute][name] = group_metrics(predictions, member) if enough else sizes
    return result


def markdown(result: Mapping[str, Any]) -> Iterator[str]:
    """Format the results as markdown for a model card."""
    model, groups = result["model"], result["groups"]
    yield f"{model['name']} {model['version']} ({model['sha256'][:12]}…), {groups['pictures']} images of "
    yield f"`{groups['split']}` with one face; {groups['left_out']} more show no face or several and are left out.\n"
    heads = ("group", "real / fake", "false alarms", "difference", "not cleared, difference", "misses", "difference")
    yield from ("| " + " | ".join((*heads, "AUC")) + " |", "|---" * 8 + "|")
    for attribute, rows in groups["attributes"].items():
        if attribute != "all":
            yield f"| **{attribute}** |" + " |" * 7
        for name, row in rows.items():
            cells = [f"{row['n_real']} / {row['n_fake']}", percent(row.get("false_alarms"))]
            cells += [_points(row.get("false_alarms_gap")), _points(row.get("not_cleared_gap"))]
            cells += [percent(row.get("misses")), _points(row.get("misses_gap")), _format_auc(row.get("auc"))]
            yield f"| {name} | " + " | ".join(cells) + " |"
    yield "\n`Difference`: from all other faces at the same mix of sources, in percentage points. `Not cleared`: real"
    yield f"images not labeled real. Groups with fewer than {LEAST} real or fake faces have counts only.\n"
    yield from ("| measured twice | faces | median difference | in another class |", "|---" * 4 + "|")
    for name, entry in groups["agreement"].items():
        yield f"| {name} | {entry['faces']} | {entry['degrees']:.1f}° | {entry['other_class']:.0%} |"
    yield "\nAge, sex and glasses are not estimated: the dataset has no labels to verify an estimate."


def _points(figure: Sequence[float] | None) -> str:
    """Format a difference in percentage points, in bold if its interval excludes 0."""
    if figure is None:
        return "–"
    value, low, high = (100 * each for each in figure)
    text = f"{value:+.1f} ({low:+.1f} to {high:+.1f})"
    return f"**{text}**" if low > 0 or high < 0 else text


def _format_auc(figure: Sequence[float] | None) -> str:
    return "–" if figure is None else f"{figure[0]:.3f} ({figure[1]:.3f}–{figure[2]:.3f})"


def main() -> None:
    """Read the command line, measure, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the images")
    parser.add_argument("--reference", type=Path, help="the YuNet ONNX file; needed for head pose")
    parser.add_argument("--model", default="default", help="a name listed by `unmask models`, or a model file")
    parser.add_argument("--count", type=int, default=100_000, help="approximate number of images, stratified")
    parser.add_argument("--split", default="valid", help="split of the images")
    parser.add_argument("--twice", type=int, default=200, help="number of faces measured twice")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--card", type=Path, metavar="FILE", help="model file whose card receives the groups")
    arguments = parser.parse_args()
    detector, posed = Detector.load(arguments.model, threads=1), arguments.reference is not None
    find = reference(YuNet(arguments.reference)) if posed else FaceDetector.load(threads=1).find
    chosen = stratified_sample(Dataset.load(arguments.data).subset(arguments.split), arguments.count)
    measured = measure_faces(detector, find, chosen)
    groups = {
        "dataset": chosen.name,
        "sha256": chosen.sha256,
        "split": arguments.split,
        "pictures": len(measured),
        "left_out": len(chosen) - len(measured),
        "attributes": metrics_by_group(measured, posed=posed),
        "agreement": agreement(find, measured, arguments.twice, posed=posed),
    }
    result = {"model": detector.model.to_dict(), "groups": groups}
    print("\n".join(markdown(result)))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if arguments.card:
        add_metrics(arguments.card, "groups", groups)


if __name__ == "__main__":
    main()
