r"""Measures `unmask update`: 200 fakes of a kind that a model misses, and real pictures, against forgetting.

    python -m benchmarks.update --new manifest-new.csv --kind celebahq-gan --real community,federal-staff \\
        --old manifest.csv --out runs/update

Half of the new pictures (at most 200 of each class) update the model; the AUC is measured on the others. Pictures of
the training split of the old data are replayed; the AUC of each old source is measured on its calibration split, which
no fit sees. Features are cached in the output folder, so that a second run takes a minute.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import onnx

from unmask.card_reader import read_card
from unmask.datasets import Dataset, stratified_sample
from unmask.datasets.auc import placements
from unmask.datasets.splitting import assign_groups
from unmask.hub import resolve
from unmask.progress import progress_bar
from unmask.training.update import Updated, quick_update
from unmask.training.update.features import Features, FeatureStore
from unmask.training.update.last_layer import find_last_layers
from unmask.zoo import read_model

REPLAYED = 1200
MOST = 200


def halves(dataset: Dataset) -> tuple[Dataset, Dataset]:
    """At most 200 pictures of each class for the update, and the others."""
    parts = assign_groups(dataset, dataset.groups, [0.5, 0.5], seed=0)
    chosen: list[int] = []
    for label in (0, 1):
        chosen += np.flatnonzero((parts == 0) & (dataset.labels == label))[:MOST].tolist()
    others = sorted(set(range(len(dataset))) - set(chosen))
    return dataset.take(chosen), dataset.take(others)


def auc(features: Features, logits: np.ndarray) -> float:
    """Area under the ROC curve."""
    labels = features.dataset.labels
    return float(placements(labels, logits)[labels == 1].mean())


def measure(name: str, features: Features, updated: Updated) -> None:
    """Print the AUC before and after."""
    before, after = auc(features, features.logits), auc(features, updated.logits(features))
    print(f"| {name} | {len(features.dataset)} | {before:.3f} | {after:.3f} | {after - before:+.3f} |")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--new", type=Path, required=True)
    parser.add_argument("--kind", required=True)
    parser.add_argument("--real", required=True)
    parser.add_argument("--old", type=Path, required=True)
    parser.add_argument("--base", default="default")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    new = Dataset.load(arguments.new).where(source={arguments.kind, *arguments.real.split(",")})
    used, held_out = halves(new)
    old = Dataset.load(arguments.old)
    replay = stratified_sample(old.subset("train"), REPLAYED, seed=0)
    started = time.perf_counter()
    with progress_bar() as progress:
        updated = quick_update(used, arguments.base, arguments.out, replay=replay, progress=progress)
        print(f"updated in {time.perf_counter() - started:.0f} s with {used.counts()}")
        model = onnx.load_from_string(read_model(resolve(arguments.base)))
        digest = read_card(arguments.base)[1]
        store = FeatureStore(model, find_last_layers(model), arguments.out, digest)
        tests = {"new kind": held_out} | {
            source: old.subset("valid").where(source=source) for source in old.subset("valid").sources
        }
        found = {name: store.compute(dataset, f"measuring {name}", progress) for name, dataset in tests.items()}
    print("| pictures | n | AUC before | after | change |\n|---|---|---|---|---|")
    for name, features in found.items():
        measure(name, features, updated)


if __name__ == "__main__":
    main()
