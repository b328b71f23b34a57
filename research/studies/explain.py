"""Pointing accuracy and faithfulness of explanation maps on fakes with a known forged region.

For each method the script measures how often the maximum of the map lies in the forged region, divided by the share of
the region in the input (the hit rate of a random position), with a 95 % bootstrap interval. It measures the share of
the positive weight of the map inside the region in the same way. It also prints the faithfulness score of the maps and
of random maps. The row `cam, less its average` subtracts the mean map of all fakes: it shows whether a fixed preference
for some positions hides the differences between images.

    python -m research.studies.explain --data DATA [--count 240] [--lime 40] [--model default]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from research.common.local_swaps import LocalSwap, local_swaps
from unmask import Detector
from unmask.explaining import METHODS
from unmask.explaining.faithfulness import measure_faithfulness
from unmask.explaining.lime import SAMPLES
from unmask.explaining.perturbation import BATCH, log_odds
from unmask.images import open_image
from unmask.preprocessing import WHOLE_INPUT, square_crop
from unmask.progress import no_progress
from unmask.verdict import Label

Map = NDArray[np.float32]
FORGED = 0.5


class Case:
    """One fake as the input of the model, with its forged region at input size and its log-odds of `fake`."""

    def __init__(self, swap: LocalSwap, detector: Detector) -> None:
        size, margin = detector.card.preprocessing.size, detector.card.preprocessing.margin
        located = detector.locate_faces(open_image(swap.image))
        region, inner = square_crop(swap.box, swap.image.width, swap.image.height, margin), WHOLE_INPUT
        if located.regions:
            region, inner = located.regions[0], located.face_regions[0]
        longest = detector.card.preprocessing.patch_size
        patch = located.patches(longest) if located.regions else [_crop(swap.image, region)]
        self.swap = swap
        self.pixels = detector.inputs(patch)[0]
        x, y, w, h = region
        self.forged = np.asarray(Image.fromarray(swap.mask).resize((size, size), box=(x, y, x + w, y + h))) > FORGED
        self.detector = detector.with_face_region(inner)
        self.odds = float(log_odds(self.detector, self.pixels[None])[0])


def _crop(image: Image.Image, region: Sequence[float]) -> Image.Image:
    x, y, w, h = (round(value) for value in region)
    return image.crop((x, y, x + w, y + h))


def enlarged(heatmap: Map, size: int) -> Map:
    """Scale a map to the input size of the model."""
    return np.asarray(Image.fromarray(heatmap).resize((size, size), Image.Resampling.BILINEAR), dtype=np.float32)


def interval(values: NDArray[np.float64], chance: NDArray[np.float64]) -> tuple[float, float, float]:
    """Ratio of the means of `values` and `chance`, with a 95 % bootstrap interval over the fakes."""
    draws = np.random.default_rng(0).integers(len(values), size=(4000, len(values)))
    ratios = values[draws].mean(1) / chance[draws].mean(1)
    low, high = np.percentile(ratios, (2.5, 97.5))
    return float(values.mean() / chance.mean()), float(low), float(high)


def print_pointing(name: str, cases: Sequence[Case], maps: Sequence[Map]) -> None:
    """Print one row of the pointing table."""
    hits, weights, chance = [], [], []
    for case, heatmap in zip(cases, maps, strict=True):
        large = enlarged(heatmap, case.forged.shape[0])
        hits.append(case.forged[large == large.max()].mean())
        positive = np.clip(large, 0, None)
        weights.append(positive[case.forged].sum() / max(positive.sum(), 1e-9))
        chance.append(case.forged.mean())
    base = np.array(chance, float)
    hit, low, high = interval(np.array(hits, float), base)
    weight, weight_low, weight_high = interval(np.array(weights, float), base)
    print(
        f"| {name} | {len(cases)} | {base.mean():.3f} | {np.mean(hits):.3f} | {hit:.2f} ({low:.2f} to {high:.2f}) | "
        f"{weight:.2f} ({weight_low:.2f} to {weight_high:.2f}) |"
    )


def print_faithfulness(name: str, cases: Sequence[Case], maps: Sequence[Map]) -> None:
    """Print one row of the faithfulness table."""
    scores = np.array([
        measure_faithfulness(case.detector, case.pixels, heatmap, Label.FAKE).score
        for case, heatmap in zip(cases, maps, strict=True)
    ])  # fmt: skip
    error = 1.96 * scores.std() / np.sqrt(len(scores))
    print(f"| {name} | {len(scores)} | {scores.mean():.3f} ± {error:.3f} | {(scores > 0.95).mean():.0%} |", flush=True)


def random_maps(cases: Sequence[Case], make: Callable[[np.random.Generator], Map]) -> list[Map]:
    """Maps that do not depend on the images."""
    generator = np.random.default_rng(1)
    return [make(generator) for _ in cases]


def blobs(generator: np.random.Generator) -> Map:
    """A smooth random map."""
    coarse = Image.fromarray(generator.random((7, 7), np.float32))
    return np.asarray(coarse.resize((28, 28), Image.Resampling.BICUBIC), dtype=np.float32)


def center(_: np.random.Generator) -> Map:
    """The same map for every image, with its maximum in the center."""
    place = np.linspace(-1, 1, 28, dtype=np.float32)
    return np.asarray(np.exp(-2 * (place[:, None] ** 2 + place[None, :] ** 2)), dtype=np.float32)


def print_lime_cost(detector: Detector, pixels: NDArray[np.uint8]) -> None:
    """Print the CPU time of LIME and of as many inferences alone, in the same batches."""
    batch = np.repeat(pixels[None], BATCH, 0)
    bare, whole = [], []
    for _ in range(3):
        start = time.process_time()
        for _ in range(SAMPLES // BATCH):
            detector.run(batch)
        bare.append((time.process_time() - start) * SAMPLES / (SAMPLES // BATCH * BATCH))
        start = time.process_time()
        METHODS["lime"](detector, pixels, no_progress)
        whole.append(time.process_time() - start)
    print(f"\nLIME with {SAMPLES} samples: {min(whole):.2f} CPU s; {SAMPLES} inferences alone: {min(bare):.2f} CPU s; "
          f"ratio {min(whole) / min(bare):.2f}")  # fmt: skip


def main() -> None:
    """Read the command line, measure, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv and the images")
    parser.add_argument("--split", default="valid", help="split whose real faces are used")
    parser.add_argument("--count", type=int, default=240, help="number of fakes")
    parser.add_argument("--tested", type=int, default=40, help="number of fakes for the faithfulness table")
    parser.add_argument("--lime", type=int, default=0, help="number of fakes also explained by LIME")
    parser.add_argument("--model", default="default", help="a name listed by `unmask models`, or a model file")
    arguments = parser.parse_args()
    detector = Detector.load(arguments.model, threads=1)
    swaps = local_swaps(arguments.data, detector, arguments.count, split=arguments.split, seed=0)
    cases = [Case(swap, detector) for swap in swaps]
    odds = np.array([case.odds for case in cases])
    threshold = detector.card.decision.thresholds.fake_above
    called = odds > np.log(threshold / (1 - threshold))
    print(f"{len(cases)} fakes by local swaps, {called.mean():.0%} of them labeled fake by {detector.model.name} "
          f"{detector.model.version}\n")  # fmt: skip
    print("| map | fakes | chance | hits | hits over chance (95 % CI) | weight inside over chance (95 % CI) |")
    print("|---|---|---|---|---|---|")
    maps: dict[str, list[Map]] = {}
    for name in ("cam", "occlusion"):
        maps[name] = [METHODS[name](case.detector, case.pixels, no_progress) for case in cases]
        print_pointing(name, cases, maps[name])
        chosen = np.flatnonzero(called)
        if len(chosen) >= 20:
            print_pointing(f"{name}, labeled fake", [cases[i] for i in chosen], [maps[name][i] for i in chosen])
    average = np.mean(maps["cam"], axis=0)
    print_pointing("cam, less its average", cases, [heatmap - average for heatmap in maps["cam"]])
    if arguments.lime:
        maps["lime"] = [METHODS["lime"](case.detector, case.pixels, no_progress) for case in cases[: arguments.lime]]
        print_pointing("lime", cases[: arguments.lime], maps["lime"])
    print_pointing("random blobs", cases, random_maps(cases, blobs))
    print_pointing("always the center", cases, random_maps(cases, center))
    print("\n| map | fakes | faithfulness (0.5 is chance) | better than chance |\n|---|---|---|---|")
    tested = cases[: arguments.tested]
    for name, made in maps.items():
        print_faithfulness(name, tested[: len(made)], made[: len(tested)])
    print_faithfulness("random blobs", tested, random_maps(tested, blobs))
    print_faithfulness("constant", tested, random_maps(tested, lambda _: np.ones((7, 7), np.float32)))
    if arguments.lime:
        print_lime_cost(detector, tested[0].pixels)


if __name__ == "__main__":
    main()
