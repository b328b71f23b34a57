"""Effect and cost of each set of re-encodings that the stability probe could use.

Every set of up to three re-encodings is measured: how many wrong `real` and `fake` verdicts become `unsure`,
how many right ones do, and the CPU time. The tiers `clean`, `web` and `hard` are measured. The images are from
the held-out part of the training split, because no choice may be made on the split that is reported.

    python -m research.studies.stability --data DATA [--count 800] [--split held-out|valid]
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unmask import Detector, open_image
from unmask.datasets import Dataset
from unmask.datasets.labeled_image import LabeledImage
from unmask.datasets.splitting import hold_out
from unmask.evaluation.tiers import TIERS
from unmask.stability import DEFAULT, ENCODINGS, measure_stability, reencodings
from unmask.verdict import Label

NAMES = tuple(ENCODINGS)
Scores = NDArray[np.float64]


def select_images(data: Path, split: str, count: int, seed: int) -> list[LabeledImage]:
    """The same number of images from each source and class of the held-out tenth, or of another split."""
    dataset = Dataset.load(data)
    pool = hold_out(dataset, seed=seed)[1] if split == "held-out" else dataset.subset(split)
    strata = sorted({(item.source, item.label) for item in pool})
    chosen: list[LabeledImage] = []
    for source, label in strata:
        items = [item for item in pool if (item.source, item.label) == (source, label)]
        chosen += random.Random(0).sample(items, min(len(items), count // len(strata)))
    return chosen


def score(detector: Detector, items: Sequence[LabeledImage], tier: str) -> tuple[Scores, NDArray[np.bool_]]:
    """Probabilities of the largest face, plain and re-encoded, `[N, 1 + encodings]`, and the true class, `[N]`."""
    rows, fake = [], []
    for item in items:
        picture = open_image(TIERS[tier].apply(open_image(item.path).rgb()))
        located = detector.locate_faces(picture, whole_picture=True)
        patch = located.patches(detector.card.preprocessing.patch_size)[0]
        scorer = detector.with_face_region(located.face_regions[0])
        rows.append(scorer.probabilities(detector.inputs([patch, *reencodings(patch, NAMES)])))
        fake.append(item.label == "fake")
    return np.array(rows), np.array(fake)


def effect_of(
    detector: Detector, scores: Scores, fake: NDArray[np.bool_], names: Sequence[str]
) -> tuple[float, float, int, int]:
    """Shares of wrong and of right answers that become `unsure`, and the number of each."""
    rule = detector.card.decision.thresholds
    columns = [1 + NAMES.index(name) for name in names]
    labels = [rule.label(float(value)) for value in scores[:, 0]]
    flipped = np.array([measure_stability(float(row[0]), row[columns].tolist(), rule).flips > 0 for row in scores])
    sure = np.array([label in (Label.FAKE, Label.REAL) for label in labels])
    right = np.array([(label is Label.FAKE) == truth for label, truth in zip(labels, fake, strict=True)])
    wrong_sure, right_sure = sure & ~right, sure & right
    wrong_unsure = flipped[wrong_sure].mean() if wrong_sure.any() else 0.0
    right_unsure = flipped[right_sure].mean() if right_sure.any() else 0.0
    return float(wrong_unsure), float(right_unsure), int(wrong_sure.sum()), int(right_sure.sum())


def costs(detector: Detector, item: LabeledImage) -> dict[str, float]:
    """CPU milliseconds that each re-encoding adds per face: encoding, preprocessing, inference."""
    patch = detector.locate_faces(open_image(item.path), whole_picture=True).patches(
        detector.card.preprocessing.patch_size
    )[0]

    def cpu_milliseconds(name: str) -> float:
        start = time.process_time()
        detector.probabilities(detector.inputs(reencodings(patch, [name])))
        return 1000 * (time.process_time() - start)

    return {name: min(cpu_milliseconds(name) for _ in range(12)) for name in NAMES}


def encoding_sets() -> Iterator[tuple[str, ...]]:
    """Every set of one to three re-encodings, and the set of all."""
    for size in (1, 2, 3):
        yield from combinations(NAMES, size)
    yield NAMES


def main() -> None:
    """Read the command line, measure, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the images")
    parser.add_argument("--split", default="held-out", help="`held-out` or the name of a split")
    parser.add_argument("--count", type=int, default=800, help="number of images")
    parser.add_argument("--tiers", nargs="+", default=["clean", "web", "hard"], help="tiers to measure")
    parser.add_argument("--model", default="default", help="a name listed by `unmask models`, or a model file")
    arguments = parser.parse_args()
    detector = Detector.load(arguments.model, threads=1)
    seed = int(detector.card.recipe.get("seed", 0))
    items = select_images(arguments.data, arguments.split, arguments.count, seed)
    measured = {tier: score(detector, items, tier) for tier in arguments.tiers}
    price = costs(detector, items[0])
    print(f"{len(items)} images of {arguments.split}, model {detector.model.name} {detector.model.version}\n")
    for tier, (scores, fake) in measured.items():
        wrong_unsure, right_unsure, wrong, right = effect_of(detector, scores, fake, DEFAULT)
        print(f"{tier}: {wrong} wrong and {right} right answers; the default set makes {wrong_unsure:.1%} of the wrong "
              f"and {right_unsure:.1%} of the right ones unsure")  # fmt: skip
    head = " | ".join(f"{tier} wrong to unsure | {tier} right to unsure" for tier in measured)
    print(f"\n| set | CPU ms | {head} | wrong per right made unsure |")
    print("|---|---|" + "---|" * (2 * len(measured) + 1))
    rows = []
    for names in encoding_sets():
        effects = [effect_of(detector, scores, fake, names) for scores, fake in measured.values()]
        gained = sum(wrong_unsure * count for wrong_unsure, _, count, _ in effects)
        lost = sum(right_unsure * count for _, right_unsure, _, count in effects)
        cells = " | ".join(f"{wrong_unsure:.1%} | {right_unsure:.1%}" for wrong_unsure, right_unsure, _, _ in effects)
        rows.append((len(names), -gained, names, cells, gained / max(lost, 1)))
    for size in (1, 2, 3, len(NAMES)):
        for _, _, names, cells, ratio in sorted(row for row in rows if row[0] == size)[:8]:
            print(f"| {', '.join(names)} | {sum(price[name] for name in names):.1f} | {cells} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
