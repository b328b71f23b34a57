"""The features of a stream of findings whose distribution is watched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class StreamFeatures:
    """Features of the pictures of one period.

    Attributes:
        numbers: values of each numeric feature; pictures without a value are left out.
        categories: number of pictures by value of each categorical feature.
        count: number of pictures.
    """

    numbers: Mapping[str, Floats]
    categories: Mapping[str, Mapping[str, int]]
    count: int

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> StreamFeatures:
        """The features of findings in the wire form; failures count in the feature `label` as `problem`."""
        numbers: dict[str, list[float]] = {"score": [], "face_size": [], "picture_size": []}
        categories: dict[str, dict[str, int]] = {"label": {}, "format": {}, "faces": {}, "kind": {}}
        count = 0
        for row in rows:
            count += 1
            failed = "problem" in row
            _count(categories["label"], "problem" if failed else str(row["label"]))
            if failed:
                continue
            _count(categories["format"], str(row["format"]))
            faces = row["faces"]
            _count(categories["faces"], str(len(faces)) if len(faces) < 4 else "4 or more")
            numbers["picture_size"].append(float(max(row["width"], row["height"])))
            if row["probability_fake"] is not None:
                numbers["score"].append(float(row["probability_fake"]))
            if faces:
                numbers["face_size"].append(float(max(faces[0]["box"][2:])))
                if kind := faces[0].get("kind"):
                    _count(categories["kind"], str(kind))
        arrays = {name: np.array(values, np.float64) for name, values in numbers.items()}
        return cls(arrays, {name: found for name, found in categories.items() if found}, count)


def _count(tally: dict[str, int], value: str) -> None:
    tally[value] = tally.get(value, 0) + 1
