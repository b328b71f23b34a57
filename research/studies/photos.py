"""What becomes of verdicts when faces stand in full photographs: phone pictures, screenshots, group shots.

    python -m research.studies.photos --data DATA [--model NAME|FILE] [--count 400] [--json FILE]

Puts pictures of the `valid` split that hold one face into photographs (see `photo_scenes`), saves them as people's
devices do, judges the files as users would, and prints markdown tables by kind of photograph and by the longer side of
the face: false alarms, misses, unsure, not found. Beside them stand the same faces judged untouched: the provided
pictures are small, so a large face here is an enlarged one, which blurs real faces and fakes alike and hides what only
large originals would show. Intervals: 95 %, bootstrap over groups, the exact binomial limit at none or all.

Faces are known from our own finder, so `not found` is what scenes cost, not what the finder misses from the start;
pictures with no face or with several are left out and counted. A face counts as found at an IoU of 0.4 or more.
Also judged: scikit-image's portraits in the public domain, at several sizes and qualities. Needs scikit-image.
"""

from __future__ import annotations

import argparse
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from research.common.face_scenes import bundled
from research.common.proportions import percent, wilson
from research.studies.photo_scenes import PEOPLE, SHOWN_WHOLE, SINGLE, Make, Photo, Subject, group
from unmask import Detector, open_image
from unmask.datasets import Dataset, LabeledImage
from unmask.evaluation import Sample, stratified_sample
from unmask.evaluation.bootstrap import metrics_with_intervals, resampled, widen_small_n
from unmask.evaluation.metrics import Floats, MetricArrays
from unmask.faces.boxes import pairwise_iou
from unmask.preprocessing import Box
from unmask.verdict import Label, Verdict

MATCH = 0.4
UNTOUCHED = "untouched"
PORTRAITS = ("astronaut", "camera")
"""scikit-image's pictures of people in the public domain or CC0: a portrait, and a man in profile from afar."""
EDGES = (0, 50, 75, 112, 170, 250, 380, 570, 860, 1300, math.inf)
"""Limits of the rows by face size, between the nominal sizes."""
FULL = 0.6
"""A face whose longer side is at least this share of the photograph's shorter side fills the frame."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was said of one face.

    Attributes:
        kind: of the photograph.
        item: the picture it comes from.
        side: its longer side in the photograph, pixels.
        full: whether it fills the frame.
        label: `fake`, `real`, `unsure`, or `no_face` where it was not found.
        probability: of fake; NaN where it was not found.
    """

    kind: str
    item: LabeledImage
    side: float
    full: bool
    label: Label
    probability: float


@dataclass(slots=True)
class Series:
    """Everything that was seen.

    Attributes:
        outcomes: one per known face.
        strays: boxes where no face was put, by kind: the label each got.
        photos: number of photographs by kind.
        groups: for each group photograph whether it holds a fake, and its label.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    strays: dict[str, list[Label]] = field(default_factory=dict)
    photos: dict[str, int] = field(default_factory=dict)
    groups: list[tuple[bool, Label]] = field(default_factory=list)

    def add(self, kind: str, subjects: Sequence[Subject], photo: Photo, verdict: Verdict) -> None:
        """Note what was said of a photograph's faces."""
        free = set(range(len(verdict.faces)))
        for subject, box in zip(subjects, photo.boxes, strict=True):
            found = _found(box, [face.box for face in verdict.faces])
            face = verdict.faces[found] if found is not None and found in free else None
            free.discard(-1 if found is None else found)
            side = max(box[2:])
            full = side >= FULL * min(photo.size)
            label, score = (face.label, face.probability_fake) if face else (Label.NO_FACE, math.nan)
            self.outcomes.append(Outcome(kind, subject.item, side, full, label, score))
        self.strays.setdefault(kind, []).extend(verdict.faces[index].label for index in sorted(free))
        self.photos[kind] = self.photos.get(kind, 0) + 1
        if len(subjects) > 1:
            self.groups.append((any(subject.item.label == "fake" for subject in subjects), verdict.label))


def find_subjects(detector: Detector, dataset: Dataset) -> tuple[list[Subject], int]:
    """The pictures with exactly one face, and how many have none or several."""
    subjects = []
    for item in dataset:
        picture = open_image(item.path)
        boxes = detector.locate_faces(picture).boxes
        if len(boxes) == 1:
            subjects.append(Subject(item, picture.rgb(), boxes[0]))
    return subjects, len(dataset) - len(subjects)


def as_found(subject: Subject) -> Photo:
    """The subject's own file."""
    return Photo(subject.item.path.read_bytes(), (subject.box,), subject.image.size)


def series(detector: Detector, subjects: Sequence[Subject], seed: int) -> Series:
    """Every subject untouched and in every kind of photograph, sizes in turn; then the groups."""
    found = Series()
    makes: dict[str, Make] = {UNTOUCHED: lambda them, number, rng: as_found(them[0]), **SINGLE}
    order = np.random.default_rng(seed).permutation(len(subjects))
    for kind, make in makes.items():
        shown = [subjects[place] for place in order]
        if kind != UNTOUCHED and kind not in SHOWN_WHOLE:
            shown = [subject for subject in shown if subject.uncut]
        for number, subject in enumerate(shown):
            them = [subject]
            photo = make(them, number, _chance(seed, kind, number))
            found.add(kind, them, photo, detector.predict(photo.data))
    for number, them in enumerate(companies(subjects, seed)):
        photo = group(them, number // 2, _chance(seed, "group", number))
        found.add("group", them, photo, detector.predict(photo.data))
    return found


def companies(subjects: Sequence[Subject], seed: int) -> Iterator[list[Subject]]:
    """People for group photographs: real ones only, and the same with one replaced by a fake, in turn."""
    rng = np.random.default_rng((seed, 1))
    reals, fakes = (
        _shuffled([s for s in subjects if s.uncut and s.item.label == label], rng) for label in ("real", "fake")
    )
    for number, start in enumerate(range(0, len(reals) - PEOPLE + 1, PEOPLE)):
        company = reals[start : start + PEOPLE]
        yield company
        if number < len(fakes):
            place = int(rng.integers(PEOPLE))
            yield [*company[:place], fakes[number], *company[place + 1 :]]


def portraits(detector: Detector) -> Iterator[dict[str, Any]]:
    """Real people of scikit-image at several sizes and qualities, and what is said of them."""
    for name in PORTRAITS:
        original = Image.fromarray(bundled(name)).convert("RGB")
        for longest in (128, 256, 512, 1024, 2048, 4032):
            scale = longest / max(original.size)
            image = original.resize((round(original.width * scale), round(original.height * scale)))
            for quality in (95, 75, 50):
                buffer = io.BytesIO()
                image.save(buffer, "JPEG", quality=quality)
                verdict = detector.predict(buffer.getvalue())
                sides = [max(face.box[2:]) for face in verdict.faces]
                yield {
                    "picture": name,
                    "long_side": longest,
                    "quality": quality,
                    "face": sides[0] if sides else None,
                    "faces": len(sides),
                    "label": str(verdict.label),
                    "probability_fake": verdict.probability_fake,
                }


def figures_of(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Counts and intervals of some faces: what a row of the tables says."""
    dataset = Dataset(tuple(outcome.item for outcome in outcomes), "photos")
    decided = {Label.FAKE: 1, Label.REAL: 0}
    sample = Sample(
        dataset.labels,
        np.array([outcome.probability for outcome in outcomes], np.float64),
        np.array([decided.get(outcome.label, -1) for outcome in outcomes], np.int64),
    )
    said = np.array([outcome.label for outcome in outcomes])

    def more(weights: Floats) -> MetricArrays:
        total = weights.sum(axis=1)
        return {name: (weights @ (said == name)) / total for name in (Label.UNSURE, Label.NO_FACE)}

    count = len(np.unique(dataset.groups))
    intervals = {
        **metrics_with_intervals(sample, dataset.groups),
        **{name: widen_small_n(found, count) for name, found in resampled(more, dataset.groups).items()},
    }
    counts = {"n_real": int((dataset.labels == 0).sum()), "n_fake": int((dataset.labels == 1).sum())}
    names = ("false_alarms", "misses", str(Label.UNSURE), str(Label.NO_FACE), "auc")
    return {**counts, **{name: intervals[name].to_list() for name in names if not math.isnan(intervals[name].value)}}


def rows_by_kind(found: Series) -> dict[str, list[Outcome]]:
    """The faces of each kind of photograph."""
    return {kind: [o for o in found.outcomes if o.kind == kind] for kind in found.photos}


def rows_by_size(found: Series) -> dict[str, list[Outcome]]:
    """The faces of scaled photographs by size, and those that fill the frame."""
    scaled = [o for o in found.outcomes if o.kind not in (UNTOUCHED, "composed")]
    rows = {
        f"{low}–{high} px" if high < math.inf else f"{low} px and up": [o for o in scaled if low <= o.side < high]
        for low, high in pairwise(EDGES)
    }
    return {**rows, "fills the frame": [o for o in scaled if o.full]}


def untouched_twins(outcomes: Iterable[Outcome], found: Series) -> list[Outcome]:
    """What was said of the same faces untouched, once for each time they occur."""
    before = {o.item.name: o for o in found.outcomes if o.kind == UNTOUCHED}
    return [before[outcome.item.name] for outcome in outcomes]


def measured(rows: Mapping[str, list[Outcome]], found: Series) -> dict[str, Any]:
    """Each row's figures beside those of its faces untouched; empty rows are left out."""
    return {
        name: {"here": figures_of(outcomes), UNTOUCHED: figures_of(untouched_twins(outcomes, found))}
        for name, outcomes in rows.items()
        if outcomes
    }


def group_figures(found: Series) -> dict[str, Any]:
    """Group photographs as wholes: `[value, low, high]` of real-only ones called fake, and of others called real."""
    result = {}
    for name, has_fake, wrong in (("false_alarms", False, Label.FAKE), ("misses", True, Label.REAL)):
        labels = np.array([label == wrong for fake, label in found.groups if fake == has_fake], float)
        if len(labels):
            result[name] = {"photographs": len(labels), "share": wilson(float(labels.sum()), len(labels)).to_list()}
    return result


def table(title: str, rows: Mapping[str, Any]) -> Iterator[str]:
    """Rows of `measured` as markdown."""
    heads = ["real / fake", "false alarms", "untouched", "misses", "untouched", "unsure", "untouched", "not found"]
    yield from (f"\n**{title}**\n", "| | " + " | ".join([*heads, "AUC", "untouched"]) + " |", "|---" * 11 + "|")
    for name, row in rows.items():
        here, before = row["here"], row[UNTOUCHED]
        cells = [f"{here['n_real']} / {here['n_fake']}"]
        for figure in ("false_alarms", "misses", "unsure"):
            cells += [percent(here.get(figure)), plain(before.get(figure))]
        cells += [percent(here["no_face"]), area(here.get("auc")), area(before.get("auc"))]
        yield f"| {name} | " + " | ".join(cells) + " |"


def plain(figure: Sequence[float] | None) -> str:
    """A share without its interval."""
    return "–" if figure is None else f"{figure[0]:.1%}"


def area(figure: Sequence[float] | None) -> str:
    """An AUC."""
    return "–" if figure is None else f"{figure[0]:.3f}"


def markdown(result: Mapping[str, Any]) -> Iterator[str]:
    """Everything as markdown."""
    model, used = result["model"], result["pictures"]
    yield f"{model['name']} {model['version']} ({model['sha256'][:12]}…); {used['used']} pictures of `{used['split']}`,"
    yield f"{used['left_out']} more left out for no face or several; {sum(result['photographs'].values())} photographs."
    yield f"{used['used'] - used['whole']} faces are cut by the border of their crop: only in `frame` and `screenshot`."
    yield from table("By kind of photograph, all faces", result["kinds"])
    yield from table("By the longer side of the face; all kinds but `composed`", result["sizes"])
    yield "\nGroup photographs as wholes:"
    for name, entry in result["groups"].items():
        words = "called fake, all six real" if name == "false_alarms" else "called real, one of six fake"
        yield f"* {words}: {percent(entry['share'])} of {entry['photographs']}"
    yield "\nBoxes where no face was put: " + "; ".join(
        f"{kind} {entry['boxes']} in {entry['photographs']} ({entry['fake']} called fake)"
        for kind, entry in result["strays"].items()
    )
    yield "\nReal people in the public domain\n"
    yield from ("| picture | long side | face | q95 | q75 | q50 |", "|---" * 6 + "|")
    rows = result["portraits"]
    for first in range(0, len(rows), 3):
        one = rows[first]
        said = " | ".join(_said(row) for row in rows[first : first + 3])
        yield f"| {one['picture']} | {one['long_side']} | {one['face'] or '–'} | {said} |"


def _said(row: Mapping[str, Any]) -> str:
    """A portrait's label and score."""
    score = row["probability_fake"]
    return row["label"] if score is None else f"{row['label']} {score:.2f}"


def _found(box: Box, boxes: Sequence[Box]) -> int | None:
    """Which of the boxes found is this face's; None where it is none."""
    if not boxes:
        return None
    shares = pairwise_iou(_corners([box]), _corners(boxes))[0]
    return int(shares.argmax()) if shares.max() >= MATCH else None


def _corners(boxes: Sequence[Box]) -> Floats:
    rows = np.array(boxes, np.float64)
    return np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:]], 1)


def _shuffled(subjects: list[Subject], rng: np.random.Generator) -> list[Subject]:
    return [subjects[place] for place in rng.permutation(len(subjects))]


def _chance(seed: int, kind: str, number: int) -> np.random.Generator:
    return np.random.default_rng((seed, sum(map(ord, kind)), number))


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the pictures")
    parser.add_argument("--model", default="default", help="a name `unmask models` lists, or a model file")
    parser.add_argument("--count", type=int, default=400, help="about so many pictures, evenly chosen")
    parser.add_argument("--split", default="valid")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write every figure here")
    arguments = parser.parse_args()
    detector = Detector.load(arguments.model, threads=arguments.threads)
    chosen = stratified_sample(Dataset.load(arguments.data).subset(arguments.split), arguments.count, arguments.seed)
    subjects, left_out = find_subjects(detector, chosen)
    found = series(detector, subjects, arguments.seed)
    result = {
        "model": detector.model.to_dict(),
        "pictures": {
            "split": arguments.split,
            "used": len(subjects),
            "whole": sum(subject.uncut for subject in subjects),
            "left_out": left_out,
            "seed": arguments.seed,
        },
        "photographs": found.photos,
        "kinds": measured(rows_by_kind(found), found),
        "sizes": measured(rows_by_size(found), found),
        "groups": group_figures(found),
        "strays": {
            kind: {"photographs": found.photos[kind], "boxes": len(labels), "fake": labels.count(Label.FAKE)}
            for kind, labels in found.strays.items()
        },
        "portraits": list(portraits(detector)),
    }
    print("\n".join(markdown(result)))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
