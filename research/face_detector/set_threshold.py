"""Add threshold and measured figures to the metadata of an exported face detector, and print its sha256 for `zoo.py`.

    python -m research.face_detector.set_threshold IN.onnx --threshold 0.5 --figures figures.json --out OUT.onnx

`python -m research.studies.face_detectors --json` writes the figures; they are stored unchanged.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

import onnx

from research.face_detector.export import KEY
from unmask._files import write_atomic


def set_threshold(model: bytes, threshold: float, figures: object) -> bytes:
    """The model file with `threshold` and `figures` in its metadata."""
    proto = onnx.load_model_from_string(model)
    facts = {prop.key: json.loads(prop.value) for prop in proto.metadata_props}[KEY]
    facts.update(threshold=threshold, figures=figures)
    onnx.helper.set_model_props(proto, {KEY: json.dumps(facts, sort_keys=True)})
    return bytes(proto.SerializeToString())


def main() -> None:
    """Parse the command line and write the file."""
    parser = argparse.ArgumentParser(
        prog="python -m research.face_detector.set_threshold",
        description="Add threshold and figures to an exported face detector.",
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--figures", type=Path, help="JSON file of python -m research.studies.face_detectors --json")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    figures = json.loads(arguments.figures.read_text()) if arguments.figures else None
    result = set_threshold(arguments.model.read_bytes(), arguments.threshold, figures)
    write_atomic(arguments.out, result)
    sys.stdout.write(f"{hashlib.sha256(result).hexdigest()}\n")


if __name__ == "__main__":
    main()
