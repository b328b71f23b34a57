"""False faces in pictures without people, and faces lost in pictures of people, with and without the face check.

    python -m research.studies.false_faces FOLDER [--people NAMES.txt] [--manifest CSV SPLIT …] [--model NAME|FILE]
        [--count 150] [--json FILE]

Every face found in a picture that shows no person is false. FOLDER holds such pictures. Pictures with a person are left
out if their file names are listed in NAMES.txt, one on each line. `false_faces_people.txt` lists those of the
repository EliSchwartz/imagenet-sample-images (1,000 photographs, one for each class of ImageNet) in which a face was
found and a look at it showed a person, a doll or a drawn face. Pictures bundled with scikit-image are added. No picture
of the two is used in training (`research.face_check`).

`--manifest` counts, in up to `--count` pictures of each source and class of a split, the faces that the check drops and
the sure labels that it costs.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from research.common.face_scenes import FACELESS, bundled
from research.common.picture_files import picture_files
from unmask import Detector
from unmask.errors import ImageError
from unmask.faces import FaceDetector
from unmask.images import ImageSource
from unmask.runtime import open_session
from unmask.verdict import Face, Label
from unmask.zoo import FACES

SURE = (Label.FAKE, Label.REAL)


@dataclass
class Result:
    """The faces of some pictures.

    Attributes:
        pictures: number of pictures.
        found: pictures in which a face is found without the check.
        kept: pictures in which one is found with the check.
        unchecked: the faces without the check, labeled as if none were doubtful.
        checked: the faces with the check.
    """

    pictures: int = 0
    found: int = 0
    kept: int = 0
    unchecked: list[Face] = field(default_factory=list)
    checked: list[Face] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """The counts as plain values."""
        before, after = (Counter(face.label for face in faces) for faces in (self.unchecked, self.checked))
        return {
            "pictures": self.pictures,
            "pictures_with_face": [self.found, self.kept],
            "faces": [len(self.unchecked), len(self.checked)],
            "sure": [sum(labels[label] for label in SURE) for labels in (before, after)],
            "fake": [before[Label.FAKE], after[Label.FAKE]],
            "doubtful": sum(face.reason is not None for face in self.checked),
        }


class CheckComparison:
    """Judges pictures with and without the face check."""

    def __init__(self, model: str) -> None:
        self._checked, self._unchecked = (Detector.load(model, threads=1) for _ in range(2))
        self._unchecked._face_detector = FaceDetector(open_session(FACES.read(), threads=1))

    def run(self, images: Iterable[ImageSource]) -> Result:
        """The faces of the images that can be opened."""
        result = Result()
        for image in images:
            try:
                faces = self._unchecked.predict(image, flag_doubtful=False).faces
            except ImageError:
                continue
            kept = self._checked.predict(image).faces if faces else ()
            result.pictures += 1
            result.found += bool(faces)
            result.kept += bool(kept)
            result.unchecked += faces
            result.checked += kept
        return result


def pictures_without_people(folder: Path, people: Path | None) -> list[ImageSource]:
    """The pictures of a folder that are not listed in `people`, and those of scikit-image."""
    listed = set(people.read_text("utf-8").split()) if people else set()
    files = [path for path in picture_files(folder) if path.name not in listed]
    own = [Image.fromarray(np.asarray(bundled(name))) for name in FACELESS if bundled(name).dtype == np.uint8]
    return [*files, *own]


def pictures_of_people(manifest: Path, split: str, count: int) -> dict[str, list[ImageSource]]:
    """Up to `count` pictures of each source and class of a split."""
    groups: dict[str, list[Path]] = defaultdict(list)
    with manifest.open(newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == split:
                groups[f"{row['source']} {row['label']}"].append(manifest.parent / row["file_name"])
    rng = np.random.default_rng(0)
    return {name: [paths[at] for at in rng.permutation(len(paths))[:count]] for name, paths in groups.items()}


def table(results: dict[str, dict[str, Any]]) -> str:
    """The figures as a markdown table; each cell shows the count without the check and with it."""
    names: Sequence[str] = ("pictures", "pictures_with_face", "faces", "sure", "fake", "doubtful")
    lines = ["| pictures of | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for source, figures in results.items():
        cells = (figures[name] for name in names)
        text = [" → ".join(map(str, cell)) if isinstance(cell, list) else str(cell) for cell in cells]
        lines.append(f"| {source} | " + " | ".join(text) + " |")
    return "\n".join(lines)


def main() -> None:
    """Read the command line, search the pictures, print the counts."""
    parser = argparse.ArgumentParser(description="Count false and lost faces.")
    parser.add_argument("folder", type=Path, help="folder of pictures without people")
    parser.add_argument("--people", type=Path, help="file with the names of pictures to leave out")
    parser.add_argument("--model", default="default", help="a name listed by `unmask models`, or a model file")
    parser.add_argument("--manifest", nargs=2, action="append", default=[], metavar=("CSV", "SPLIT"))
    parser.add_argument("--count", type=int, default=150, help="pictures of each source and class")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    comparison = CheckComparison(arguments.model)
    without = pictures_without_people(arguments.folder, arguments.people)
    results = {"no people": comparison.run(without).figures()}
    for path, split in arguments.manifest:
        for source, images in pictures_of_people(Path(path), split, arguments.count).items():
            results[source] = comparison.run(images).figures()
    print(table(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
