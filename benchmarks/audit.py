"""CPU time of each part of `unmask audit` on a labeled dataset.

python -m benchmarks.audit DATA
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from unmask.datasets import Dataset, audit, framing_sample, measure_framings, read_file_properties
from unmask.datasets.file_properties import FileProperties
from unmask.datasets.near_duplicates import close_pairs


def print_times(dataset: Dataset) -> None:
    """Run the parts of the audit one after another and print their CPU seconds."""
    started = time.process_time()
    properties = [entry for entry in read_file_properties(dataset) if isinstance(entry, FileProperties)]
    reading = time.process_time() - started
    started = time.process_time()
    pairs = close_pairs(np.stack([entry.hash for entry in properties]))
    search = time.process_time() - started
    started = time.process_time()
    framings = dict(measure_framings(framing_sample(dataset)))
    framing = time.process_time() - started
    started = time.process_time()
    result = audit(dataset, properties, framings)
    checks = time.process_time() - started
    print(f"{len(dataset):,} images, CPU seconds")
    print(f"reading the files               {reading:8.1f}")
    print(f"face search in {len(framings):6,} images   {framing:8.1f}")
    print(f"near-duplicate search           {search:8.1f}   {len(pairs)} pairs")
    print(f"all checks, with that search    {checks:8.1f}   {len(result.faults)} faults")


def main() -> None:
    """Read the command line and print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="labeled images: a folder or a manifest")
    print_times(Dataset.load(parser.parse_args().data))


if __name__ == "__main__":
    main()
