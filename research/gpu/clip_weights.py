"""Write the weights of the image tower of CLIP in parts, still as 8-bit integers with scales.

    python -m research.gpu.clip_weights TOWER.onnx --out DIR

DIR receives `tower-NN.npz`. A matrix `NAME` is stored as `NAME.int8`, `[in, out]`, and `NAME.scale`, `[out]`; all other
parameters as float32. The names are those of the ONNX file, and of the parameters of `clip_vit.Tower`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

PART_BYTES = 30 * 2**20
"""Largest size of a part."""

Arrays = dict[str, NDArray[Any]]


def read_onnx(model: onnx.ModelProto) -> Arrays:
    """The parameters of the tower: 8-bit matrices with their scales, and float32 arrays."""
    values = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
    found = {name: value for name, value in values.items() if name.startswith("vision_model.")}
    for node in model.graph.node:
        if node.op_type == "MatMulInteger":
            # A node is called "/vision_model/encoder/layers.0/mlp/fc1/MatMul_quant".
            name = node.name.strip("/").rsplit("/", 1)[0].replace("/", ".") + ".weight"
            stem = node.input[1].removesuffix("_quantized")
            if values[f"{stem}_zero_point"].any():
                raise ValueError(f"{stem} is not symmetric")
            found[f"{name}.int8"], found[f"{name}.scale"] = values[node.input[1]], values[f"{stem}_scale"]
    return found


def parts(arrays: Mapping[str, NDArray[Any]], limit: int = PART_BYTES) -> Iterator[Arrays]:
    """The arrays in runs of at most `limit` bytes."""
    run: Arrays = {}
    for name, value in arrays.items():
        if run and sum(each.nbytes for each in run.values()) + value.nbytes > limit:
            yield run
            run = {}
        run[name] = value
    if run:
        yield run


def read_parts(files: Sequence[Path]) -> Arrays:
    """The float32 parameters by name; matrices as `[out, in]`, as torch has them."""
    arrays: Arrays = {}
    for path in files:
        with np.load(path) as file:
            arrays |= {name: file[name] for name in file.files}
    found = {}
    for name, value in arrays.items():
        stem, _, ending = name.rpartition(".")
        if ending == "int8":
            found[stem] = (value.astype(np.float32) * arrays[f"{stem}.scale"]).T
        elif ending != "scale":
            found[name] = value
    return found


def main() -> None:
    """Parse the command line and write the parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tower", type=Path, help="ONNX file of the tower")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(parts(read_onnx(onnx.load(arguments.tower)))):
        np.savez(arguments.out / f"tower-{number:02}.npz", allow_pickle=False, **part)


if __name__ == "__main__":
    main()
