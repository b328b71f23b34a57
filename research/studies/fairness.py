"""Whom does the model accuse or miss more often: by apparent skin tone, light, head pose, sharpness and face size.

    python -m research.studies.fairness --data DATA [--teacher yunet.onnx] [--model NAME|FILE] [--json FILE] [--card FILE]

Judges the pictures of the `valid` split that hold one face as users would, measures each face with `attributes`, and
prints markdown tables: rates by group, each with the difference from all other faces at the same mix of sources
(N. Mantel and W. Haenszel, J. Nat. Cancer Inst. 22, 1959), because sources differ both in looks and in difficulty.
Intervals: 95 %, bootstrap over identities, the exact binomial limit at none or all. The last table says how far each
measure agrees with itself: between the two cheeks, in other light, in the mirrored picture.

Landmarks are those of the reference finder (`--teacher`). Ours serve as well for cheeks, but hardly follow a turned
head, so without the reference there is no row for head pose.

Not estimated: age, sex and glasses. No labels for them are at hand, so any estimator's errors, which differ by group
themselves, could not be told from the detector's. `--card` writes the groups into the card of a model file, under
`metrics.groups`. Needs scikit-image.
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
from research.facefinder.teacher import Teacher
from research.release_model import add_metrics
from research.studies.face_attributes import TONES, Looks, looks, tone_class
from unmask import Detector, open_image
from unmask.datasets import Dataset, LabeledImage
from unmask.datasets.auc import Interval
from unmask.evaluation import Predictions, Sample, stratified_sample
from unmask.evaluation.bootstrap import metrics_with_intervals, resampled
from unmask.evaluation.metrics import Floats, MetricArrays
from unmask.faces import FaceFinder, FoundFace
from unmask.faces.search_scales import plan
from unmask.verdict import Verdict

SURE = 0.7
"""Score from which a face of the reference counts."""
LEAST = 20
"""A group with fewer faces of a class gets no row."""
SHOWN = ("auc", "false_alarms", "misses", "coverage", "sure_accuracy")
POSES = {"to the front, under 15°": 15.0, "turned, 15–30°": 30.0, "far turned, over 30°": math.inf}
LIGHTS = {"dim, L* under 40": 40.0, "middle, L* 40–65": 65.0, "bright, L* over 65": math.inf}
SIDES = {"under 128 px": 128.0, "128–191 px": 192.0, "192 px and up": math.inf}
UNTOLD = "not told: dim or coloured light, grey"
THIRDS = ("least sharp third of its source", "middle third", "sharpest third of its source")
Mask = NDArray[np.bool_]
Masks = dict[str, Mask]


@dataclass(frozen=True, slots=True)
class Judged:
    """A picture with one face.

    Attributes:
        item: the picture.
        verdict: what was said of it.
        looks: what its face looks like.
    """

    item: LabeledImage
    verdict: Verdict
    looks: Looks


Find = Callable[[Image.Image], list[FoundFace]]


def reference(teacher: Teacher) -> Find:
    """The reference as a function from a picture to its faces, on the larger of the passes that ours makes."""

    def find(image: Image.Image) -> list[FoundFace]:
        part = plan(image)[0]
        rows = teacher.find(Image.fromarray(part.pixels[0]), SURE)
        places = part.to_picture(rows[:, [0, 1]]), part.to_picture(rows[:, [0, 1]] + rows[:, [2, 3]])
        points = part.to_picture(rows[:, 5:].reshape(-1, 5, 2))
        return [
            FoundFace((*low.tolist(), *(high - low).tolist()), float(row[4]), tuple(map(tuple, marks.tolist())))
            for row, low, high, marks in zip(rows, *places, points, strict=True)
        ]

    return find


def judge_faces(detector: Detector, find: Find, dataset: Dataset) -> list[Judged]:
    """The pictures in which exactly one face is found."""
    judged = []
    for item in dataset:
        picture = open_image(item.path, name=item.name)
        faces = find(picture.rgb())
        if len(faces) == 1:
            judged.append(Judged(item, detector.predict(picture), looks(picture.rgb(), faces[0])))
    return judged


def attributes(judged: Sequence[Judged], *, posed: bool) -> dict[str, Masks]:
    """Every attribute's groups, each a mask `[N]`; head pose where the landmarks follow it."""
    tones = [UNTOLD if math.isnan(one.looks.tone) else tone_class(one.looks.tone) for one in judged]
    names = (*reversed(TONES), UNTOLD)
    return {
        "apparent skin tone": {name: np.array([tone == name for tone in tones], bool) for name in names},
        "light on the face": _between(np.array([one.looks.brightness for one in judged]), LIGHTS),
        **({"head pose": _between(np.array([one.looks.yaw for one in judged]), POSES)} if posed else {}),
        "sharpness": _thirds(judged),
        "face size": _between(np.array([one.looks.side for one in judged]), SIDES),
    }


def _between(values: Floats, limits: Mapping[str, float]) -> Masks:
    place = np.searchsorted(list(limits.values()), values, side="right")
    return {name: place == number for number, name in enumerate(limits)}


def _thirds(judged: Sequence[Judged]) -> Masks:
    """By rank within the source, so that sharpness does not stand for the source."""
    sources = np.array([one.item.source for one in judged])
    values = np.array([one.looks.sharpness for one in judged])
    place = np.zeros(len(judged), int)
    for source in set(sources.tolist()):
        here = sources == source
        place[here] = values[here].argsort().argsort() * 3 // here.sum()
    return {name: place == number for number, name in enumerate(THIRDS)}


def group_figures(judgements: Predictions, member: Mask) -> dict[str, Any]:
    """Counts, figures and differences `[value, low, high]` of the pictures at which a mask `[N]` is true."""
    inside = judgements.take(member)
    labels, groups = inside.dataset.labels, inside.dataset.groups
    found = metrics_with_intervals(inside.sample, groups)
    gaps = gaps_of(judgements, member)
    return {
        "n_real": int((labels == 0).sum()),
        "n_fake": int((labels == 1).sum()),
        **{name: found[name].to_list() for name in SHOWN if not math.isnan(found[name].value)},
        **{name: gaps[name].to_list() for name in gaps if not math.isnan(gaps[name].value)},
    }


def faults(sample: Sample) -> dict[str, tuple[Mask, Mask]]:
    """Each fault that is compared: whom it can befall, and whom it befell, masks `[N]`."""
    real, fake = sample.labels == 0, sample.labels == 1
    return {
        "false_alarms_gap": (real, sample.decision == 1),
        "not_cleared_gap": (real, sample.decision != 0),
        "misses_gap": (fake, sample.decision == 0),
    }


def gaps_of(judgements: Predictions, member: Mask) -> dict[str, Interval]:
    """How much more often a group meets each fault than all others, at the same mix of sources.

    Args:
        judgements: N pictures.
        member: `[N]`, who is in the group.

    Returns:
        Differences of shares. Resampling cannot show what it never drew: where the group, or the others, never met
        the fault, the limit on that side has the room of the exact binomial limit.
    """
    sources, groups = np.array([item.source for item in judgements.dataset]), judgements.dataset.groups
    befell = faults(judgements.sample)

    def measured(weights: Floats) -> MetricArrays:
        return {
            name: mantel_haenszel(relevant, wrong, member, sources, weights)
            for name, (relevant, wrong) in befell.items()
        }

    found = resampled(measured, groups)
    for name, (relevant, wrong) in befell.items():
        above, below = (_room(groups[relevant & side], wrong[relevant & side]) for side in (member, ~member))
        found[name] = Interval(found[name].value, found[name].low - below, found[name].high + above)
    return found


def _room(groups: NDArray[np.int64], wrong: Mask) -> float:
    """How large a share may be that none of these witnesses shows; 0 where one does."""
    return 0.0 if wrong.any() or not len(groups) else 1.0 - float(0.025 ** (1.0 / len(np.unique(groups))))


def mantel_haenszel(relevant: Mask, wrong: Mask, member: Mask, strata: NDArray[np.str_], weights: Floats) -> Floats:
    """The difference of two groups' shares, averaged over strata by how much each can tell, `[R]`.

    Args:
        relevant: `[N]`, who counts at all.
        wrong: `[N]`, where the fault occurred.
        member: `[N]`, the group; the others that count are what it is compared with.
        strata: `[N]`, within which groups are compared.
        weights: `[R, N]`.
    """
    total, informed = np.zeros(len(weights)), np.zeros(len(weights))
    for stratum in sorted(set(strata.tolist())):
        here = relevant & (strata == stratum)
        inside, outside = weights @ (here & member), weights @ (here & ~member)
        faults = weights @ (here & member & wrong), weights @ (here & ~member & wrong)
        both = np.maximum(inside + outside, 1e-12)
        total += (faults[0] * outside - faults[1] * inside) / both
        informed += inside * outside / both
    with np.errstate(invalid="ignore", divide="ignore"):
        difference: Floats = np.where(informed > 0, total / informed, np.nan)
    return difference


def agreement(find: Find, judged: Sequence[Judged], count: int, *, posed: bool) -> dict[str, dict[str, float]]:
    """How far the measures of some faces agree with themselves: median gap in degrees, share in another class."""
    cheeks = [one.looks.cheeks for one in judged if not any(map(math.isnan, one.looks.cheeks))]
    result = {"tone: right and left cheek": _apart(cheeks, tone_class)}
    chosen = judged[:: max(1, len(judged) // count)]
    images = [open_image(one.item.path).rgb() for one in chosen]
    for name, factor in (("tone: a tenth darker", 0.9), ("tone: a tenth brighter", 1.1)):
        pairs = [
            (one.looks.tone, looks(image.point(lambda value, factor=factor: value * factor), face).tone)
            for one, image in zip(chosen, images, strict=True)
            if len(faces := find(image)) == 1 and (face := faces[0])
        ]
        result[name] = _apart([pair for pair in pairs if not any(map(math.isnan, pair))], tone_class)
    if not posed:
        return result
    mirrored = [_mirrored(find, one, image) for one, image in zip(chosen, images, strict=True)]
    result["pose: mirrored picture"] = _apart([pair for pair in mirrored if pair], lambda angle: _name(angle, POSES))
    return result


def _mirrored(find: Find, one: Judged, image: Image.Image) -> tuple[float, float] | None:
    turned = ImageOps.mirror(image)
    faces = find(turned)
    return (one.looks.yaw, looks(turned, faces[0]).yaw) if len(faces) == 1 else None


def _apart(pairs: Sequence[tuple[float, float]], named: Any) -> dict[str, float]:
    gaps = [abs(first - second) for first, second in pairs]
    other = [named(first) != named(second) for first, second in pairs]
    return {"faces": len(pairs), "degrees": float(np.median(gaps)), "other_class": float(np.mean(other))}


def _name(value: float, limits: Mapping[str, float]) -> str:
    return next(name for name, limit in limits.items() if value < limit)


def measure(judged: Sequence[Judged], *, posed: bool) -> dict[str, Any]:
    """The figures of every attribute's groups that are large enough, and the sizes of those that are not."""
    judgements = Predictions(Dataset(tuple(one.item for one in judged), "faces"), tuple(one.verdict for one in judged))
    labels = judgements.dataset.labels
    result: dict[str, Any] = {"all": {"all": group_figures(judgements, np.ones(len(judged), bool))}}
    for attribute, masks in attributes(judged, posed=posed).items():
        result[attribute] = {}
        for name, member in masks.items():
            sizes = {"n_real": int((member & (labels == 0)).sum()), "n_fake": int((member & (labels == 1)).sum())}
            enough = min(sizes.values()) >= LEAST
            result[attribute][name] = group_figures(judgements, member) if enough else sizes
    return result


def markdown(result: Mapping[str, Any]) -> Iterator[str]:
    """Everything as markdown, ready for a model card."""
    model, groups = result["model"], result["groups"]
    yield f"{model['name']} {model['version']} ({model['sha256'][:12]}…), {groups['pictures']} pictures of "
    yield f"`{groups['split']}` with one face; {groups['left_out']} more left out for no face or several.\n"
    heads = ("group", "real / fake", "false alarms", "than others", "not cleared, than others", "misses", "than others")
    yield from ("| " + " | ".join((*heads, "AUC")) + " |", "|---" * 8 + "|")
    for attribute, rows in groups["attributes"].items():
        if attribute != "all":
            yield f"| **{attribute}** |" + " |" * 7
        for name, row in rows.items():
            cells = [f"{row['n_real']} / {row['n_fake']}", percent(row.get("false_alarms"))]
            cells += [_points(row.get("false_alarms_gap")), _points(row.get("not_cleared_gap"))]
            cells += [percent(row.get("misses")), _points(row.get("misses_gap")), _area(row.get("auc"))]
            yield f"| {name} | " + " | ".join(cells) + " |"
    yield "\n`Than others`: points more or less than all other faces at the same mix of sources. `Not cleared`: real"
    yield f"pictures that are not called real. Groups with fewer than {LEAST} real or fake faces are only counted.\n"
    yield from ("| measured twice | faces | median difference | in another class |", "|---" * 4 + "|")
    for name, entry in groups["agreement"].items():
        yield f"| {name} | {entry['faces']} | {entry['degrees']:.1f}° | {entry['other_class']:.0%} |"
    yield "\nAge, sex and glasses: not estimated; nothing at hand could show how wrong an estimate is."


def _points(figure: Sequence[float] | None) -> str:
    """A difference in points, marked where its interval leaves no doubt about the sign."""
    if figure is None:
        return "–"
    value, low, high = (100 * each for each in figure)
    text = f"{value:+.1f} ({low:+.1f} to {high:+.1f})"
    return f"**{text}**" if low > 0 or high < 0 else text


def _area(figure: Sequence[float] | None) -> str:
    return "–" if figure is None else f"{figure[0]:.3f} ({figure[1]:.3f}–{figure[2]:.3f})"


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the pictures")
    parser.add_argument("--teacher", type=Path, help="the YuNet ONNX file, for landmarks that follow the head")
    parser.add_argument("--model", default="default", help="a name `unmask models` lists, or a model file")
    parser.add_argument("--count", type=int, default=100_000, help="about so many pictures, evenly chosen")
    parser.add_argument("--split", default="valid")
    parser.add_argument("--twice", type=int, default=200, help="faces to measure twice")
    parser.add_argument("--json", type=Path, help="write every figure here")
    parser.add_argument("--card", type=Path, metavar="FILE", help="a model file to whose card the groups are added")
    arguments = parser.parse_args()
    detector, posed = Detector.load(arguments.model, threads=1), arguments.teacher is not None
    find = reference(Teacher(arguments.teacher)) if posed else FaceFinder.load(threads=1).find
    chosen = stratified_sample(Dataset.load(arguments.data).subset(arguments.split), arguments.count)
    judged = judge_faces(detector, find, chosen)
    groups = {
        "dataset": chosen.name,
        "sha256": chosen.sha256,
        "split": arguments.split,
        "pictures": len(judged),
        "left_out": len(chosen) - len(judged),
        "attributes": measure(judged, posed=posed),
        "agreement": agreement(find, judged, arguments.twice, posed=posed),
    }
    result = {"model": detector.model.to_dict(), "groups": groups}
    print("\n".join(markdown(result)))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if arguments.card:
        add_metrics(arguments.card, "groups", groups)


if __name__ == "__main__":
    main()
