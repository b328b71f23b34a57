"""False faces in pictures without people, and their labels with and without the rule for doubtful faces.

    python -m research.studies.false_faces FOLDER [--people NAMES.txt] [--model NAME|FILE] [--json FILE]

Every face found in a picture that shows no person is false. FOLDER holds such pictures. Pictures with a person are left
out if their file names are listed in NAMES.txt, one on each line. `false_faces_people.txt` lists those of the
repository EliSchwartz/imagenet-sample-images (1,000 photographs, one for each class of ImageNet) in which a face was
found and a look at it showed a person, a doll or a drawn face. Pictures bundled with scikit-image are added.

With `--data DATA`, the script also prints the share of faces in the `train` split that lose a sure label by the rule.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from research.common.face_scenes import FACELESS, bundled
from unmask import Detector
from unmask.faces import is_doubtful
from unmask.images import SUFFIXES, ImageSource
from unmask.verdict import Face, Label

SURE = (Label.FAKE, Label.REAL)


def pictures_without_people(folder: Path, people: Path | None) -> list[ImageSource]:
    """The pictures of a folder that are not listed in `people`, and those of scikit-image."""
    listed = set(people.read_text("utf-8").split()) if people else set()
    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES and path.name not in listed]
    own = [Image.fromarray(np.asarray(bundled(name))) for name in FACELESS if bundled(name).dtype == np.uint8]
    return [*files, *own]


def find_faces(detector: Detector, images: Iterable[ImageSource]) -> list[Face]:
    """All faces of the images, with the labels that they have without the rule."""
    return [face for image in images for face in detector.predict(image, flag_doubtful=False).faces]


def counts(faces: Sequence[Face]) -> dict[str, int]:
    """Number of faces, of sure labels and of the label `fake`, without and with the rule."""
    kept = [face for face in faces if not is_doubtful(face.detection_score or 0.0)]
    labels, after = Counter(face.label for face in faces), Counter(face.label for face in kept)
    return {
        "faces": len(faces),
        "doubtful": len(faces) - len(kept),
        "sure_before": sum(labels[label] for label in SURE),
        "sure_after": sum(after[label] for label in SURE),
        "fake_before": labels[Label.FAKE],
        "fake_after": after[Label.FAKE],
    }


def training_images(data: Path, count: int) -> list[ImageSource]:
    """Up to `count` images of each source and class of the `train` split."""
    groups: dict[tuple[str, str], list[Path]] = defaultdict(list)
    with (data / "manifest.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["split"] == "train":
                groups[row["source"], row["label"]].append(data / row["file_name"])
    rng = np.random.default_rng(0)
    return [paths[place] for paths in groups.values() for place in rng.permutation(len(paths))[:count]]


def scores(faces: Sequence[Face]) -> list[float]:
    """The 1st, 5th, 25th, 50th, 75th, 95th and 99th percentile of the detection scores."""
    found = [face.detection_score or 0.0 for face in faces]
    return [round(float(value), 2) for value in np.percentile(found, [1, 5, 25, 50, 75, 95, 99])] if found else []


def main() -> None:
    """Read the command line, search the pictures, print the counts."""
    parser = argparse.ArgumentParser(description="Count false faces and their labels.")
    parser.add_argument("folder", type=Path, help="folder of pictures without people")
    parser.add_argument("--people", type=Path, help="file with the names of pictures to leave out")
    parser.add_argument("--model", default="default", help="a name listed by `unmask models`, or a model file")
    parser.add_argument("--data", type=Path, help="folder with manifest.csv and images of faces")
    parser.add_argument("--count", type=int, default=250, help="faces of each source and class")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    arguments = parser.parse_args()
    detector = Detector.load(arguments.model, threads=1)
    images = pictures_without_people(arguments.folder, arguments.people)
    false = find_faces(detector, images)
    result: dict[str, Any] = {"pictures": len(images), "false": counts(false), "scores_false": scores(false)}
    print(f"{len(images)} pictures without people; per 1,000 pictures:")
    for name, value in result["false"].items():
        print(f"  {name}: {1000 * value / max(1, len(images)):.1f} ({value})")
    print("  percentiles of detection scores:", result["scores_false"])
    if arguments.data:
        faces = find_faces(detector, training_images(arguments.data, arguments.count))
        result |= {"training": counts(faces), "scores_training": scores(faces)}
        lost = result["training"]["sure_before"] - result["training"]["sure_after"]
        print(f"{len(faces)} faces of the train split: {lost} lose a sure label ({lost / max(1, len(faces)):.2%});")
        print("  percentiles of detection scores:", result["scores_training"])
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
