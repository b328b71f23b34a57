"""Give an exported face finder its threshold and measured figures, and print the sha256 to pin.

    python -m research.facefinder.set_threshold IN.onnx --threshold 0.5 --figures figures.json --out OUT.onnx

The figures come from `research/studies/face_finders.py --json`; they are stored as they are.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

import onnx

from research.facefinder.export import KEY


def seal(model: bytes, threshold: float, figures: object) -> bytes:
    """The model file with `threshold` and `figures` added to what it says of itself."""
    proto = onnx.load_model_from_string(model)
    facts = {prop.key: json.loads(prop.value) for prop in proto.metadata_props}[KEY]
    facts.update(threshold=threshold, figures=figures)
    onnx.helper.set_model_props(proto, {KEY: json.dumps(facts, sort_keys=True)})
    return bytes(proto.SerializeToString())


def main() -> None:
    """Read the command line and seal one file."""
    parser = argparse.ArgumentParser(description="Add threshold and figures to an exported face finder.")
    parser.add_argument("model", type=Path)
    parser.add_argument("--threshold", type=float, required=True)
    parser.add_argument("--figures", type=Path, help="JSON file of research/studies/face_finders.py --json")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    figures = json.loads(arguments.figures.read_text()) if arguments.figures else None
    sealed = seal(arguments.model.read_bytes(), arguments.threshold, figures)
    arguments.out.write_bytes(sealed)
    sys.stdout.write(f"{hashlib.sha256(sealed).hexdigest()}\n")


if __name__ == "__main__":
    main()
