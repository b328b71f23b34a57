"""Verdicts on faces in full photographs compared with verdicts on the same faces as tight crops.

    python -m research.studies.photos --data DATA [--model NAME|FILE] [--count 400] [--json FILE]

The script pastes images of the `valid` split that contain one face into photographs (see `photo_scenes`), saves them
as phones, messengers and screenshots do, and runs the detector on the files. It prints markdown tables by kind of
photograph and by longer side of the face: false alarms, misses, unsure, not found. The columns `untouched` show the
same faces in their own files. The source images are small, so a large face here is an enlarged one; enlarging blurs
real faces and fakes alike. Intervals: 95 %, bootstrap over groups, the exact binomial limit for none or all.

The faces come from the face detector of unmask, so `not found` shows the effect of the scenes and not the general miss
rate of the face detector. Images with no face or with several are counted and left out. A face counts as found at an
IoU of at least 0.4. The script also runs the detector on public-domain portraits of scikit-image at several sizes and
qualities.
"""

from __future__ import annotations

import argparse
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
from research.common.labeled_face import LabeledFace
from research.common.proportions import percent, wilson
from research.studies.photo_scenes import PEOPLE, SHOWN_WHOLE, SINGLE, Make, Photo, group
from unmask import Detector, open_image
from unmask._encoding import encode_image
from unmask.datasets import Dataset, LabeledImage, stratified_sample
from unmask.evaluation import Sample
from unmask.evaluation.bootstrap import bootstrap_intervals, metrics_with_intervals, widen_small_n
from unmask.evaluation.metrics import Floats, MetricArrays
from unmask.faces.boxes import pairwise_iou, to_corners
from unmask.preprocessing import Box
from unmask.verdict import Label, Verdict

MATCH = 0.4
UNTOUCHED = "untouched"
PORTRAITS = ("astronaut", "camera")
"""Public-domain or CC0 images of scikit-image: a portrait, and a man in profile at a distance."""
EDGES = (0, 50, 75, 112, 170, 250, 380, 570, 860, 1300, math.inf)
"""Limits of the rows by face size; each lies between two nominal sizes."""
FULL = 0.6
"""A face fills the frame if its longer side is at least this share of the shorter side of the photograph."""


@dataclass(frozen=True, slots=True)
class FaceOutcome:
    """The verdict on one face.

    Attributes:
        kind: kind of photograph.
        item: the labeled image of the face.
        side: longer side of the face in the photograph, pixels.
        full: True if the face fills the frame.
        label: `fake`, `real`, `unsure`, or `no_face` if the face was not found.
        probability: probability of fake; NaN if the face was not found.
    """

    kind: str
    item: LabeledImage
    side: float
    full: bool
    label: Label
    probability: float


@dataclass(slots=True)
class Series:
    """Results of all photographs.

    Attributes:
        outcomes: one per known face.
        strays: labels of detected boxes that match no pasted face, by kind.
        photos: number of photographs by kind.
        groups: one entry for each group photograph: whether it contains a fake, and its label.
    """

    outcomes: list[FaceOutcome] = field(default_factory=list)
    strays: dict[str, list[Label]] = field(default_factory=dict)
    photos: dict[str, int] = field(default_factory=dict)
    groups: list[tuple[bool, Label]] = field(default_factory=list)

    def add(self, kind: str, faces: Sequence[LabeledFace], photo: Photo, verdict: Verdict) -> None:
        """Add the verdict on one photograph."""
        free = set(range(len(verdict.faces)))
        for face, box in zip(faces, photo.boxes, strict=True):
            index = _match(box, [detected.box for detected in verdict.faces])
            found = verdict.faces[index] if index is not None and index in free else None
            free.discard(-1 if index is None else index)
            side = max(box[2:])
            full = side >= FULL * min(photo.size)
            label, score = (found.label, found.probability_fake) if found else (Label.NO_FACE, math.nan)
            self.outcomes.append(FaceOutcome(kind, face.item, side, full, label, score))
        self.strays.setdefault(kind, []).extend(verdict.faces[index].label for index in sorted(free))
        self.photos[kind] = self.photos.get(kind, 0) + 1
        if len(faces) > 1:
            self.groups.append((any(face.item.label == "fake" for face in faces), verdict.label))


def find_faces(detector: Detector, dataset: Dataset) -> tuple[list[LabeledFace], int]:
    """The images with exactly one face, and the number of images with none or several."""
    faces = []
    for item in dataset:
        picture = open_image(item.path)
        boxes = detector.locate_faces(picture).boxes
        if len(boxes) == 1:
            faces.append(LabeledFace(item, picture.rgb(), boxes[0]))
    return faces, len(dataset) - len(faces)


def original_file(face: LabeledFace) -> Photo:
    """The original file of a face."""
    return Photo(face.item.path.read_bytes(), (face.box,), face.image.size)


def run_series(detector: Detector, faces: Sequence[LabeledFace], seed: int) -> Series:
    """Run the detector on every face in its own file and in every kind of photograph, then on the group photographs."""
    found = Series()
    makes: dict[str, Make] = {UNTOUCHED: lambda them, number, rng: original_file(them[0]), **SINGLE}
    order = np.random.default_rng(seed).permutation(len(faces))
    for kind, make in makes.items():
        shown = [faces[place] for place in order]
        if kind != UNTOUCHED and kind not in SHOWN_WHOLE:
            shown = [face for face in shown if face.fully_inside]
        for number, face in enumerate(shown):
            them = [face]
            photo = make(them, number, _generator(seed, kind, number))
            found.add(kind, them, photo, detector.predict(photo.data))
    for number, them in enumerate(group_members(faces, seed)):
        photo = group(them, number // 2, _generator(seed, "group", number))
        found.add("group", them, photo, detector.predict(photo.data))
    return found


def group_members(faces: Sequence[LabeledFace], seed: int) -> Iterator[list[LabeledFace]]:
    """Faces of the group photographs: real ones only, then the same with one replaced by a fake."""
    rng = np.random.default_rng((seed, 1))
    reals, fakes = (
        _shuffled([s for s in faces if s.fully_inside and s.item.label == label], rng) for label in ("real", "fake")
    )
    for number, start in enumerate(range(0, len(reals) - PEOPLE + 1, PEOPLE)):
        members = reals[start : start + PEOPLE]
        yield members
        if number < len(fakes):
            place = int(rng.integers(PEOPLE))
            yield [*members[:place], fakes[number], *members[place + 1 :]]


def portraits(detector: Detector) -> Iterator[dict[str, Any]]:
    """Verdicts on the public-domain portraits at several sizes and JPEG qualities."""
    for name in PORTRAITS:
        original = Image.fromarray(bundled(name)).convert("RGB")
        for longest in (128, 256, 512, 1024, 2048, 4032):
            scale = longest / max(original.size)
            image = original.resize((round(original.width * scale), round(original.height * scale)))
            for quality in (95, 75, 50):
                verdict = detector.predict(encode_image(image, "JPEG", quality=quality))
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


def figures_of(outcomes: Sequence[FaceOutcome]) -> dict[str, Any]:
    """Counts and intervals of one row of the tables."""
    dataset = Dataset(tuple(outcome.item for outcome in outcomes), "photos")
    decided = {Label.FAKE: 1, Label.REAL: 0}
    sample = Sample(
        dataset.labels,
        np.array([outcome.probability for outcome in outcomes], np.float64),
        np.array([decided.get(outcome.label, -1) for outcome in outcomes], np.int64),
    )
    labels = np.array([outcome.label for outcome in outcomes])

    def more(weights: Floats) -> MetricArrays:
        total = weights.sum(axis=1)
        return {name: (weights @ (labels == name)) / total for name in (Label.UNSURE, Label.NO_FACE)}

    count = len(np.unique(dataset.groups))
    intervals = {
        **metrics_with_intervals(sample, dataset.groups),
        **{name: widen_small_n(found, count) for name, found in bootstrap_intervals(more, dataset.groups).items()},
    }
    counts = {"n_real": int((dataset.labels == 0).sum()), "n_fake": int((dataset.labels == 1).sum())}
    names = ("false_alarms", "misses", str(Label.UNSURE), str(Label.NO_FACE), "auc")
    return {**counts, **{name: intervals[name].to_list() for name in names if not math.isnan(intervals[name].value)}}


def rows_by_kind(found: Series) -> dict[str, list[FaceOutcome]]:
    """Outcomes by kind of photograph."""
    return {kind: [o for o in found.outcomes if o.kind == kind] for kind in found.photos}


def rows_by_size(found: Series) -> dict[str, list[FaceOutcome]]:
    """Outcomes in scaled photographs by size of the face, and those that fill the frame."""
    scaled = [o for o in found.outcomes if o.kind not in (UNTOUCHED, "composed")]
    rows = {
        f"{low}–{high} px" if high < math.inf else f"{low} px and up": [o for o in scaled if low <= o.side < high]
        for low, high in pairwise(EDGES)
    }
    return {**rows, "fills the frame": [o for o in scaled if o.full]}


def untouched_outcomes(outcomes: Iterable[FaceOutcome], found: Series) -> list[FaceOutcome]:
    """Outcomes of the same faces in their own files, one for each occurrence."""
    before = {o.item.name: o for o in found.outcomes if o.kind == UNTOUCHED}
    return [before[outcome.item.name] for outcome in outcomes]


def measured(rows: Mapping[str, list[FaceOutcome]], found: Series) -> dict[str, Any]:
    """Compute the figures of each row, and of its faces in their own files; leave out empty rows."""
    return {
        name: {"here": figures_of(outcomes), UNTOUCHED: figures_of(untouched_outcomes(outcomes, found))}
        for name, outcomes in rows.items()
        if outcomes
    }


def group_figures(found: Series) -> dict[str, Any]:
    """Shares `[value, low, high]` of real group photographs labeled fake and of those with a fake labeled real."""
    result = {}
    for name, has_fake, wrong in (("false_alarms", False, Label.FAKE), ("misses", True, Label.REAL)):
        labels = np.array([label == wrong for fake, label in found.groups if fake == has_fake], float)
        if len(labels):
            result[name] = {"photographs": len(labels), "share": wilson(float(labels.sum()), len(labels)).to_list()}
    return result


def table(title: str, rows: Mapping[str, Any]) -> Iterator[str]:
    """Format rows of `measured` as markdown."""
    heads = ["real / fake", "false alarms", "untouched", "misses", "untouched", "unsure", "untouched", "not found"]
    yield from (f"\n**{title}**\n", "| | " + " | ".join([*heads, "AUC", "untouched"]) + " |", "|---" * 11 + "|")
    for name, row in rows.items():
        here, before = row["here"], row[UNTOUCHED]
        cells = [f"{here['n_real']} / {here['n_fake']}"]
        for figure in ("false_alarms", "misses", "unsure"):
            cells += [percent(here.get(figure)), plain(before.get(figure))]
        cells += [percent(here["no_face"]), format_auc(here.get("auc")), format_auc(before.get("auc"))]
        yield f"| {name} | " + " | ".join(cells) + " |"


def plain(figure: Sequence[float] | None) -> str:
    """Format a proportion without its interval."""
    return "–" if figure is None else f"{figure[0]:.1%}"


def format_auc(figure: Sequence[float] | None) -> str:
    """Format an AUC without its interval."""
    return "–" if figure is None else f"{figure[0]:.3f}"


def markdown(result: Mapping[str, Any]) -> Iterator[str]:
    """Format all results as markdown."""
    model, used = result["model"], result["pictures"]
    yield f"{model['name']} {model['version']} ({model['sha256'][:12]}…); {used['used']} images of `{used['split']}`,"
    yield f"{used['left_out']} more show no face or several; {sum(result['photographs'].values())} photographs."
    yield f"{used['used'] - used['whole']} faces are cut by the border of their crop: only in `frame`, `screenshot`."
    yield from table("By kind of photograph, all faces", result["kinds"])
    yield from table("By the longer side of the face; all kinds but `composed`", result["sizes"])
    yield "\nGroup photographs:"
    for name, entry in result["groups"].items():
        words = "labeled fake, all six real" if name == "false_alarms" else "labeled real, one of six fake"
        yield f"* {words}: {percent(entry['share'])} of {entry['photographs']}"
    yield "\nDetected boxes without a pasted face: " + "; ".join(
        f"{kind} {entry['boxes']} in {entry['photographs']} ({entry['fake']} labeled fake)"
        for kind, entry in result["strays"].items()
    )
    yield "\nPublic-domain portraits of real people\n"
    yield from ("| image | long side | face | q95 | q75 | q50 |", "|---" * 6 + "|")
    rows = result["portraits"]
    for first in range(0, len(rows), 3):
        one = rows[first]
        cells = " | ".join(_format_verdict(row) for row in rows[first : first + 3])
        yield f"| {one['picture']} | {one['long_side']} | {one['face'] or '–'} | {cells} |"


def _format_verdict(row: Mapping[str, Any]) -> str:
    """Format the label and score of a portrait."""
    score = row["probability_fake"]
    return row["label"] if score is None else f"{row['label']} {score:.2f}"


def _match(box: Box, boxes: Sequence[Box]) -> int | None:
    """Index of the detected box that matches a face; None if there is none."""
    if not boxes:
        return None
    shares = pairwise_iou(to_corners([box]), to_corners(boxes))[0]
    return int(shares.argmax()) if shares.max() >= MATCH else None


def _shuffled(faces: list[LabeledFace], rng: np.random.Generator) -> list[LabeledFace]:
    return [faces[place] for place in rng.permutation(len(faces))]


def _generator(seed: int, kind: str, number: int) -> np.random.Generator:
    return np.random.default_rng((seed, sum(map(ord, kind)), number))


def main() -> None:
    """Read the command line, measure, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the images")
    parser.add_argument("--model", default="default", help="a name listed by `unmask models`, or a model file")
    parser.add_argument("--count", type=int, default=400, help="approximate number of images, stratified")
    parser.add_argument("--split", default="valid", help="split of the images")
    parser.add_argument("--seed", type=int, default=1, help="random seed")
    parser.add_argument("--threads", type=int, default=1, help="inference threads")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    arguments = parser.parse_args()
    detector = Detector.load(arguments.model, threads=arguments.threads)
    chosen = stratified_sample(Dataset.load(arguments.data).subset(arguments.split), arguments.count, arguments.seed)
    faces, left_out = find_faces(detector, chosen)
    found = run_series(detector, faces, arguments.seed)
    result = {
        "model": detector.model.to_dict(),
        "pictures": {
            "split": arguments.split,
            "used": len(faces),
            "whole": sum(face.fully_inside for face in faces),
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
