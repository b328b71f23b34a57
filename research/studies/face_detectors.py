"""Recall and false detections of three face detectors: unmask, the Haar cascade of OpenCV 4, and the reference (YuNet).

    python -m research.studies.face_detectors --data DIR --reference yunet.onnx [--count 200] [--seeds 1] [--json FILE]

The script prints markdown tables: recall by face size and by kind of scene, false detections per 100 images, and CPU
milliseconds on one thread. Ground truth are the faces that the reference face detector found with a score of at least
0.8 in images of the `valid` split; scenes move their boxes by the same transformation as their pixels. On the kinds
`original` and `people` the reference face detector therefore reaches almost 100 % by construction. The last column
counts, of the faces over 40 pixels, those that the reference face detector also finds in the scene.

`face_scenes.KINDS` lists the kinds and whether they were used in training. A detection matches a face at an IoU of at
least 0.4. Any other detection is a false one unless it lies on a face to be ignored: hardly visible, under 13 pixels,
or with a reference score of 0.5 to 0.8. The size of a face is the square root of its box area after the image was
scaled to a long side of at most 640 pixels. The reference face detector searches at the same two scales as unmask. The
Haar row needs `opencv-python-headless<5`.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from research.common.face_scenes import KINDS, Corners, FaceScene, build, bundled
from research.face_detector.annotated_images import AnnotatedImage, load_annotated_images
from research.face_detector.yunet import YuNet, annotate_images
from unmask.faces.boxes import non_max_suppression, pairwise_iou
from unmask.faces.face_detector import FaceDetector
from unmask.faces.search_scales import make_search_scales
from unmask.runtime import open_session

MATCH = 0.4
BINS = {"13-20 px": (13, 20), "20-40 px": (20, 40), "40-80 px": (40, 80), "80-160 px": (80, 160), "160+ px": (160, 1e9)}
FULL = "full frame"
KNOWN = "(reference's)"
"""Suffix of the cells that count only the faces that the reference face detector finds in the scene."""
REFERENCE = "reference (YuNet)"
Find = Callable[[Image.Image], Corners]


@dataclass
class Tally:
    """Counts of one face detector: found and expected faces by table cell, false detections and images by kind."""

    found: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    wanted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    false: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    pictures: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def recall(self, cell: str) -> str:
        """Share of expected faces that were found, in percent, or a dash."""
        return f"{100 * self.found[cell] / self.wanted[cell]:.1f}" if self.wanted[cell] else "–"

    def false_rate(self, kinds: Iterable[str]) -> str:
        """False detections per 100 images of the given kinds."""
        names = list(kinds)
        pictures = sum(self.pictures[name] for name in names)
        return f"{100 * sum(self.false[name] for name in names) / max(1, pictures):.1f}"


def find_with_unmask(detector: FaceDetector) -> Find:
    """The face detector of unmask as a function from an image to corner boxes."""

    def find(image: Image.Image) -> Corners:
        boxes = np.array([face.box for face in detector.find(image)], np.float32).reshape(-1, 4)
        return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)

    return find


def reference(yunet: YuNet, threshold: float = 0.7) -> Find:
    """The reference face detector at the same search scales as unmask."""

    def find(image: Image.Image) -> Corners:
        boxes, scores = [], []
        for part in make_search_scales(image):
            rows = yunet.find(Image.fromarray(part.pixels[0]), threshold)
            sides = np.sqrt(rows[:, 2] * rows[:, 3])
            rows = rows[(sides >= part.sides[0]) & (sides <= part.sides[1])]
            corners = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], 1)
            boxes.append(part.to_picture(corners.reshape(-1, 2, 2)).reshape(-1, 4))
            scores.append(rows[:, 4])
        found = np.concatenate(boxes)
        return _clip(found[non_max_suppression(found, np.concatenate(scores), 0.3)], image)

    return find


def haar() -> Find | None:
    """The frontal cascade of OpenCV 4 with default settings, at a long side of at most 640; None without OpenCV 4."""
    try:
        import cv2

        folder = Path(cv2.__file__).parent / "data"
        cascade = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_default.xml"))
    except (ImportError, AttributeError):
        print("The Haar row is omitted; it needs: pip install 'opencv-python-headless<5'", file=sys.stderr)
        return None
    cv2.setNumThreads(1)

    def find(image: Image.Image) -> Corners:
        scale = min(1.0, 640 / max(image.size))
        small = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
        boxes = np.array(cascade.detectMultiScale(np.asarray(small.convert("L")), 1.1, 5), np.float32).reshape(-1, 4)
        return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1) * np.float32(1 / scale)

    return find


def score(
    find: Find, item: FaceScene, tally: Tally, seen: NDArray[np.bool_] | None
) -> tuple[NDArray[np.bool_], Corners]:
    """Add one scene to the counts.

    Args:
        find: the face detector.
        item: the scene.
        tally: counts of the face detector.
        seen: which faces the reference face detector finds; None if this is the reference face detector.

    Returns:
        Which faces were missed, `[n]`, and the boxes of false detections.
    """
    found, faces = find(item.image), _clip(item.faces, item.image)
    missed = np.ones(len(faces), bool)
    stray = np.ones(len(found), bool)
    shares = pairwise_iou(found, faces)
    while shares.size and shares.max() >= MATCH:
        hit, face = np.unravel_index(shares.argmax(), shares.shape)
        stray[hit], missed[face] = False, False
        shares[hit], shares[:, face] = 0, 0
    if len(item.ignored):
        stray &= pairwise_iou(found, _clip(item.ignored, item.image)).max(1) < 0.2
    for face, lost, known in zip(faces, missed, ~missed if seen is None else seen, strict=True):
        cells = _cells(face, item)
        for cell in cells + [f"{cell} {KNOWN}" for cell in cells if known]:
            tally.wanted[cell] += 1
            tally.found[cell] += not lost
    tally.false[item.kind] += int(stray.sum())
    tally.pictures[item.kind] += 1
    return missed, found[stray]


def _cells(face: Corners, item: FaceScene) -> list[str]:
    """Names of the table cells in which a face counts."""
    width, height = face[2:] - face[:2]
    side = np.sqrt(width * height) * min(1.0, 640 / max(item.image.size))
    group = "trained" if item.trained else "unseen"
    names = [name for name, (low, high) in BINS.items() if low <= side < high]
    if width * height >= 0.6 * item.image.width * item.image.height:
        names.append(FULL)
    if side >= 40:
        names += ["40 px and up", f"kind {item.kind}"]
    elif side >= 20 or FULL in names:
        names.append(f"kind {item.kind}")
    return [*names, *(f"{group} {name}" for name in names)]


def milliseconds(find: Find) -> float:
    """Median CPU milliseconds of 25 runs in this thread, for a 640×640 photograph with one face."""
    image = Image.fromarray(bundled("astronaut")).resize((640, 640))
    times = []
    for _ in range(25):
        started = time.thread_time()
        find(image)
        times.append(time.thread_time() - started)
    return 1000 * float(np.median(times))


def validation_images(data: Path, yunet: Path, count: int, seed: int) -> list[AnnotatedImage]:
    """Images of the `valid` split with the faces of the reference face detector, the sources in equal shares."""
    by_source: dict[str, list[str]] = defaultdict(list)
    with (data / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == "valid":
                by_source[row["source"]].append(row["file_name"])
    rng = np.random.default_rng(seed)
    names = [name for group in by_source.values() for name in rng.permutation(group)[:count].tolist()]
    with tempfile.TemporaryDirectory() as folder:
        faces = annotate_images(YuNet(yunet), data, names, Path(folder) / "yunet.npz")
    return load_annotated_images(data, names, faces)


def build_scenes(data: Path, yunet: Path, count: int, seeds: Sequence[int]) -> Iterator[FaceScene]:
    """Build `count` scenes of each kind for each seed."""
    for seed in seeds:
        yield from build(validation_images(data, yunet, 500, seed), count, seed)


def tables(tallies: dict[str, Tally], times: dict[str, float]) -> str:
    """Format the results as markdown."""
    cells = [*BINS, FULL, "40 px and up", f"40 px and up {KNOWN}"]
    faceless = [kind.name for kind in KINDS if kind.name.startswith("faceless")]
    lines = []
    for group in ("trained", "unseen"):
        used = "used" if group == "trained" else "not used"
        lines += [f"\nRecall in percent, scenes of kinds {used} in training\n"]
        lines += _table(
            ["detector", *cells], {n: [t.recall(f"{group} {c}") for c in cells] for n, t in tallies.items()}
        )
        sample = next(iter(tallies.values()))
        lines.append("| *faces* | " + " | ".join(str(sample.wanted[f"{group} {cell}"]) for cell in cells) + " |")
    kinds = [kind.name for kind in KINDS if kind.name not in faceless]
    lines += ["\nRecall in percent by kind, faces of 20 px and up\n"]
    lines += _table(["detector", *kinds], {n: [t.recall(f"kind {k}") for k in kinds] for n, t in tallies.items()})
    names = [kind.name for kind in KINDS]
    lines += ["\nFalse detections per 100 images, and CPU ms for 640×640 on one thread\n"]
    rows = {
        name: [
            *(tally.false_rate([kind]) for kind in names),
            tally.false_rate(faceless),
            tally.false_rate(names),
            f"{times[name]:.1f}",
        ]
        for name, tally in tallies.items()
    }
    lines += _table(["detector", *names, "all faceless", "all images", "CPU ms"], rows)
    lines.append("| *images* | " + " | ".join(str(sample.pictures[name]) for name in names) + " | | | |")
    return "\n".join(lines)


def _table(head: list[str], rows: dict[str, list[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + [f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows.items()]


def _clip(boxes: Corners, image: Image.Image) -> Corners:
    clipped: Corners = np.clip(boxes, 0, np.array([*image.size, *image.size], np.float32))
    return clipped


def save_contact_sheet(cases: list[tuple[FaceScene, NDArray[np.bool_], Corners]], path: Path) -> None:
    """Save a contact sheet of scenes with misses (red) and false detections (yellow)."""
    side, columns = 200, 8
    page = Image.new("RGB", (side * columns, side * max(1, -(-len(cases) // columns))))
    for number, (item, missed, stray) in enumerate(cases):
        picture = item.image.copy()
        draw = ImageDraw.Draw(picture)
        width = max(1, max(picture.size) // 120)
        for box, lost in zip(item.faces, missed, strict=True):
            draw.rectangle(box.tolist(), outline="red" if lost else "green", width=width)
        for box in stray:
            draw.rectangle(box.tolist(), outline="yellow", width=width)
        picture.thumbnail((side, side))
        picture = (
            picture.resize((side, max(1, picture.height * side // picture.width)))
            if picture.width < side / 2
            else picture
        )
        page.paste(picture.crop((0, 0, side, side)), (number % columns * side, number // columns * side))
    page.save(path)


def main() -> None:
    """Read the command line, run the face detectors, print the tables."""
    parser = argparse.ArgumentParser(description="Compare face detectors.")
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the images")
    parser.add_argument("--reference", type=Path, required=True, help="the YuNet ONNX file")
    parser.add_argument("--count", type=int, default=200, help="scenes of each kind")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="random seeds; their counts are added")
    parser.add_argument("--model", type=Path, help="file of another face detector than the packaged one")
    parser.add_argument("--threshold", type=float, help="another threshold than that of the model")
    parser.add_argument("--json", type=Path, help="write the main figures to this file")
    parser.add_argument("--sheet", type=Path, help="write a contact sheet of misses and false detections to this file")
    arguments = parser.parse_args()
    model = arguments.model
    detector = FaceDetector(open_session(model.read_bytes(), threads=1)) if model else FaceDetector.load(threads=1)
    detector.threshold = arguments.threshold or detector.threshold
    detectors = {
        "unmask": find_with_unmask(detector),
        "Haar (OpenCV 4)": haar(),
        REFERENCE: reference(YuNet(arguments.reference)),
    }
    present = {name: find for name, find in reversed(detectors.items()) if find is not None}
    tallies = {name: Tally() for name in present}
    cases = []
    for item in build_scenes(arguments.data, arguments.reference, arguments.count, arguments.seeds):
        seen: NDArray[np.bool_] | None = None
        for name, find in present.items():
            missed, stray = score(find, item, tallies[name], seen)
            seen = ~missed if name == REFERENCE else seen
            if name == "unmask" and (missed.any() or len(stray)):
                cases.append((item, missed, stray))
    times = {name: milliseconds(find) for name, find in present.items()}
    print(tables(dict(reversed(tallies.items())), times))
    if arguments.sheet:
        save_contact_sheet(cases[:: max(1, len(cases) // 64)][:64], arguments.sheet)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures(tallies["unmask"], times["unmask"]), indent=1))


def figures(tally: Tally, cpu_ms: float) -> dict[str, float]:
    """The main figures of the face detector of unmask, for its metadata."""
    names = [kind.name for kind in KINDS]
    return {
        "recall_40px_trained_kinds": float(tally.recall("trained 40 px and up")) / 100,
        "recall_40px_unseen_kinds": float(tally.recall("unseen 40 px and up")) / 100,
        "recall_40px_of_reference": float(tally.recall(f"40 px and up {KNOWN}")) / 100,
        "recall_40px_of_reference_trained_kinds": float(tally.recall(f"trained 40 px and up {KNOWN}")) / 100,
        "recall_40px_of_reference_unseen_kinds": float(tally.recall(f"unseen 40 px and up {KNOWN}")) / 100,
        "false_hits_per_100_pictures": float(tally.false_rate(names)),
        "cpu_ms_640x640": round(cpu_ms, 1),
    }


if __name__ == "__main__":
    main()
