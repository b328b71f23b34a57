"""After how many pictures is a new generator noticed in a stream, at what rate of false alarms?

    unmask scan pictures/ --out findings.jsonl
    python -m benchmarks.drift findings.jsonl --new celebahq-gan --share 0.05

A path with the given word is a picture of the new generator, all others are the usual stream. Reference and stream are
drawn with replacement; the share of streams with an alarm is counted, with and without the new generator.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from unmask.drift import StreamFeatures, measure_drift
from unmask.scanning.outputs import read_findings

REFERENCE = 2000
SIZES = (100, 200, 500, 1000, 2000)


def alarms(usual: list[Any], new: list[Any], size: int, share: float, runs: int) -> float:
    """Share of streams of `size` pictures with an alarm."""
    rng, count = np.random.default_rng(size), 0
    for _ in range(runs):
        reference = [usual[index] for index in rng.integers(len(usual), size=REFERENCE)]
        fresh = rng.binomial(size, share)
        stream = [usual[index] for index in rng.integers(len(usual), size=size - fresh)]
        stream += [new[index] for index in rng.integers(len(new), size=fresh)]
        report = measure_drift(StreamFeatures.of(reference), {"stream": StreamFeatures.of(stream)})
        count += bool(report.drifted)
    return count / runs


def main() -> None:
    """Run the drill."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("findings", type=Path)
    parser.add_argument("--new", required=True, help="word in the paths of the new generator")
    parser.add_argument("--other", default="", help="word in the paths to leave out")
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--runs", type=int, default=100)
    given = parser.parse_args()
    rows = list(read_findings(given.findings))
    new = [row for row in rows if given.new in row["path"]]
    usual = [row for row in rows if given.new not in row["path"] and not (given.other and given.other in row["path"])]
    print(f"{len(usual)} usual pictures, {len(new)} of {given.new}")
    print("| pictures | alarms without | alarms with the new generator |\n|---|---|---|")
    for size in SIZES:
        without, with_new = (alarms(usual, new, size, share, given.runs) for share in (0.0, given.share))
        print(f"| {size} | {without:.0%} | {with_new:.0%} |", flush=True)


if __name__ == "__main__":
    main()
