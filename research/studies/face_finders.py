"""How many faces do three finders find: ours, OpenCV 4's Haar cascade, and the reference (YuNet)?

    python -m research.studies.face_finders --data DIR --teacher yunet.onnx [--count 200] [--seeds 1] [--json FILE]

Prints markdown tables: recall by face size and by kind of scene, false hits per 100 pictures, CPU milliseconds on one
thread. Ground truth are faces the reference found (score 0.8 and up) in originals of the `valid` split, carried into
scenes by geometry; on the kinds `original` and `people` the reference therefore has 100 % almost by construction.
The last column counts, of those over 40 pixels, the faces that the reference finds in the very scene.
`face_scenes.KINDS` says which kinds were used in training. A hit matches a face at an IoU of 0.4 or more; any other hit
is a false one, unless it lies on a face that is to be ignored (hardly visible, under 13 pixels, or of reference score
0.5 to 0.8). Face sizes are square roots of box areas once the picture is scaled to a long side of at most 640 pixels.
The reference gets the same two passes as ours. Needs scikit-image; `opencv-python-headless<5` for the Haar row.
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

from research.common.face_scenes import KINDS, Corners, Labelled, build, bundled
from research.facefinder.album import Picture, load_album
from research.facefinder.teacher import Teacher, label_pictures
from unmask.faces.boxes import non_max_suppression, pairwise_iou
from unmask.faces.finder import FaceFinder
from unmask.faces.search_scales import plan
from unmask.runtime import open_session

MATCH = 0.4
BINS = {"13-20 px": (13, 20), "20-40 px": (20, 40), "40-80 px": (40, 80), "80-160 px": (80, 160), "160+ px": (160, 1e9)}
FULL = "full frame"
KNOWN = "(reference's)"
"""Cells of the faces that the reference finds in the very picture, as against those geometry says are there."""
REFERENCE = "reference (YuNet)"
Find = Callable[[Image.Image], Corners]


@dataclass
class Tally:
    """Counts of one finder: found and wanted faces by cell of the tables, false hits and pictures by kind."""

    found: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    wanted: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    false: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    pictures: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def recall(self, cell: str) -> str:
        """Share of faces found, in percent, or a dash."""
        return f"{100 * self.found[cell] / self.wanted[cell]:.1f}" if self.wanted[cell] else "–"

    def false_rate(self, kinds: Iterable[str]) -> str:
        """False hits per 100 pictures of the given kinds."""
        names = list(kinds)
        pictures = sum(self.pictures[name] for name in names)
        return f"{100 * sum(self.false[name] for name in names) / max(1, pictures):.1f}"


def ours(finder: FaceFinder) -> Find:
    """Our finder as a function from picture to corner boxes."""

    def find(image: Image.Image) -> Corners:
        boxes = np.array([face.box for face in finder.find(image)], np.float32).reshape(-1, 4)
        return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)

    return find


def reference(teacher: Teacher, threshold: float = 0.7) -> Find:
    """The reference, on the same passes as ours."""

    def find(image: Image.Image) -> Corners:
        boxes, scores = [], []
        for part in plan(image):
            rows = teacher.find(Image.fromarray(part.pixels[0]), threshold)
            sides = np.sqrt(rows[:, 2] * rows[:, 3])
            rows = rows[(sides >= part.sides[0]) & (sides <= part.sides[1])]
            corners = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:4]], 1)
            boxes.append(part.to_picture(corners.reshape(-1, 2, 2)).reshape(-1, 4))
            scores.append(rows[:, 4])
        found = np.concatenate(boxes)
        return _clip(found[non_max_suppression(found, np.concatenate(scores), 0.3)], image)

    return find


def haar() -> Find | None:
    """OpenCV 4's frontal cascade with its usual settings, at a long side of at most 640; None without OpenCV 4."""
    try:
        import cv2

        folder = Path(cv2.__file__).parent / "data"
        cascade = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_default.xml"))
    except (ImportError, AttributeError):
        print("Haar row skipped: pip install 'opencv-python-headless<5'", file=sys.stderr)
        return None
    cv2.setNumThreads(1)

    def find(image: Image.Image) -> Corners:
        scale = min(1.0, 640 / max(image.size))
        small = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
        boxes = np.array(cascade.detectMultiScale(np.asarray(small.convert("L")), 1.1, 5), np.float32).reshape(-1, 4)
        return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1) * np.float32(1 / scale)

    return find


def score(
    find: Find, item: Labelled, tally: Tally, seen: NDArray[np.bool_] | None
) -> tuple[NDArray[np.bool_], Corners]:
    """Count one picture; returns which faces were missed and the false boxes.

    `seen` says which faces the reference finds; None where the finder is the reference.
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


def _cells(face: Corners, item: Labelled) -> list[str]:
    """The cells of the tables that a face counts in."""
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
    """CPU time of this thread for a 640×640 photograph with one face: median of 25."""
    image = Image.fromarray(bundled("astronaut")).resize((640, 640))
    times = []
    for _ in range(25):
        started = time.thread_time()
        find(image)
        times.append(time.thread_time() - started)
    return 1000 * float(np.median(times))


def valid_album(data: Path, teacher: Path, count: int, seed: int) -> list[Picture]:
    """Pictures of the `valid` split with the reference's faces, the sources in equal shares."""
    by_source: dict[str, list[str]] = defaultdict(list)
    with (data / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == "valid":
                by_source[row["source"]].append(row["file_name"])
    rng = np.random.default_rng(seed)
    names = [name for group in by_source.values() for name in rng.permutation(group)[:count].tolist()]
    with tempfile.TemporaryDirectory() as folder:
        faces = label_pictures(Teacher(teacher), data, names, Path(folder) / "teacher.npz", lambda _: None)
    return load_album(data, names, faces)


def drawn(data: Path, teacher: Path, count: int, seeds: Sequence[int]) -> Iterator[Labelled]:
    """`count` pictures of each kind for each seed."""
    for seed in seeds:
        yield from build(valid_album(data, teacher, 500, seed), count, seed)


def tables(tallies: dict[str, Tally], times: dict[str, float]) -> str:
    """The results as markdown."""
    cells = [*BINS, FULL, "40 px and up", f"40 px and up {KNOWN}"]
    faceless = [kind.name for kind in KINDS if kind.name.startswith("faceless")]
    lines = []
    for group in ("trained", "unseen"):
        used = "used" if group == "trained" else "not used"
        lines += [f"\nRecall in percent, scenes of kinds {used} in training\n"]
        lines += _table(["finder", *cells], {n: [t.recall(f"{group} {c}") for c in cells] for n, t in tallies.items()})
        sample = next(iter(tallies.values()))
        lines.append("| *faces* | " + " | ".join(str(sample.wanted[f"{group} {cell}"]) for cell in cells) + " |")
    kinds = [kind.name for kind in KINDS if kind.name not in faceless]
    lines += ["\nRecall in percent by kind, faces of 20 px and up\n"]
    lines += _table(["finder", *kinds], {n: [t.recall(f"kind {k}") for k in kinds] for n, t in tallies.items()})
    names = [kind.name for kind in KINDS]
    lines += ["\nFalse hits per 100 pictures, and CPU ms for 640×640 on one thread\n"]
    rows = {
        name: [
            *(tally.false_rate([kind]) for kind in names),
            tally.false_rate(faceless),
            tally.false_rate(names),
            f"{times[name]:.1f}",
        ]
        for name, tally in tallies.items()
    }
    lines += _table(["finder", *names, "all faceless", "all pictures", "CPU ms"], rows)
    lines.append("| *pictures* | " + " | ".join(str(sample.pictures[name]) for name in names) + " | | | |")
    return "\n".join(lines)


def _table(head: list[str], rows: dict[str, list[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + [f"| {name} | " + " | ".join(cells) + " |" for name, cells in rows.items()]


def _clip(boxes: Corners, image: Image.Image) -> Corners:
    clipped: Corners = np.clip(boxes, 0, np.array([*image.size, *image.size], np.float32))
    return clipped


def sheet(cases: list[tuple[Labelled, NDArray[np.bool_], Corners]], path: Path) -> None:
    """A contact sheet of pictures with misses (red) and false hits (yellow)."""
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
    """Read the command line, count, print."""
    parser = argparse.ArgumentParser(description="Compare face finders.")
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the pictures")
    parser.add_argument("--teacher", type=Path, required=True, help="the YuNet ONNX file")
    parser.add_argument("--count", type=int, default=200, help="pictures of each kind")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="draws to count together")
    parser.add_argument("--model", type=Path, help="another face finder than the packaged one")
    parser.add_argument("--threshold", type=float, help="another threshold than the model's own")
    parser.add_argument("--json", type=Path, help="write the main figures here")
    parser.add_argument("--sheet", type=Path, help="write a contact sheet of misses and false hits here")
    arguments = parser.parse_args()
    model = arguments.model
    finder = FaceFinder(open_session(model.read_bytes(), threads=1)) if model else FaceFinder.load(threads=1)
    finder.threshold = arguments.threshold or finder.threshold
    finders = {
        "ours": ours(finder),
        "Haar (OpenCV 4)": haar(),
        REFERENCE: reference(Teacher(arguments.teacher)),
    }
    present = {name: find for name, find in reversed(finders.items()) if find is not None}
    tallies = {name: Tally() for name in present}
    cases = []
    for item in drawn(arguments.data, arguments.teacher, arguments.count, arguments.seeds):
        seen: NDArray[np.bool_] | None = None
        for name, find in present.items():
            missed, stray = score(find, item, tallies[name], seen)
            seen = ~missed if name == REFERENCE else seen
            if name == "ours" and (missed.any() or len(stray)):
                cases.append((item, missed, stray))
    times = {name: milliseconds(find) for name, find in present.items()}
    print(tables(dict(reversed(tallies.items())), times))
    if arguments.sheet:
        sheet(cases[:: max(1, len(cases) // 64)][:64], arguments.sheet)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures(tallies["ours"], times["ours"]), indent=1))


def figures(tally: Tally, cpu_ms: float) -> dict[str, float]:
    """The main figures of our finder, for its metadata."""
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
