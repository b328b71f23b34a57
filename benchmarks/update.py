r"""Measures `unmask update`: 200 fakes of a kind that a model misses, and real pictures, against forgetting.

    python -m benchmarks.update --new manifest-new.csv --kind celebahq-gan --real community,federal-staff \\
        --old manifest.csv --out runs/update

Half of the new pictures (at most 200 of each class) update the model; the AUC is measured on the others, also against
real pictures of the old sources, which shows whether the model learned the kind or the sources of the real pictures.
Pictures of the training split of the old data are replayed; the AUC of each old source is measured on its split
`valid`, which no fit sees. Intervals are paired 95 % bootstrap intervals of the change, over groups. Features are kept
in the output folder, so that a second run takes a few minutes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import onnx

from unmask.card_reader import read_card
from unmask.datasets import Dataset, stratified_sample
from unmask.datasets.splitting import assign_groups
from unmask.evaluation.bootstrap import bootstrap_intervals
from unmask.evaluation.metrics import Floats, MetricArrays
from unmask.evaluation.roc import RocCurve
from unmask.hub import resolve
from unmask.progress import progress_bar
from unmask.training.update import Updated, quick_update
from unmask.training.update.features import Features, FeatureStore, concatenate
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


def of_class(features: Features, label: int) -> Features:
    """The pictures of one class: 1 for fake."""
    return features.take(np.flatnonzero(features.dataset.labels == label))


def measure(name: str, features: Features, updated: Updated) -> str:
    """A row of the table: the AUC before and after, and the change with its paired interval."""
    labels, after = features.dataset.labels, updated.logits(features)

    def aucs(weights: Floats) -> MetricArrays:
        before, now = (RocCurve.of(labels, scores, weights).auc() for scores in (features.logits, after))
        return {"before": before, "after": now, "change": now - before}

    found = bootstrap_intervals(aucs, features.dataset.groups)
    change = found["change"]
    interval = f"{change.value:+.3f} ({change.low:+.3f} to {change.high:+.3f})"
    return f"| {name} | {len(labels)} | {found['before'].value:.3f} | {found['after'].value:.3f} | {interval} |"


def measure_all(new: Features, old: dict[str, Features], updated: Updated) -> list[str]:
    """The rows of the table: the new pictures, their fakes against real pictures of each old source, old sources."""
    rows = [measure("new kind, new real pictures", new, updated)]
    fakes = of_class(new, 1)
    for source, features in old.items():
        rows.append(
            measure(f"new kind, real pictures of {source}", concatenate([fakes, of_class(features, 0)]), updated)
        )
    return rows + [measure(source, features, updated) for source, features in old.items()]


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
        valid = old.subset("valid")
        held = store.compute(held_out, "measuring new pictures", progress)
        sources = {
            source: store.compute(valid.where(source=source), f"measuring {source}", progress)
            for source in valid.sources
        }
    print("| pictures | n | AUC before | after | change |\n|---|---|---|---|---|")
    print("\n".join(measure_all(held, sources, updated)))


if __name__ == "__main__":
    main()
