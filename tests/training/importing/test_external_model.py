from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.training.importing.conftest import Save
from tests.training.importing.stripes import stripes_network
from unmask.datasets import Dataset
from unmask.errors import BadModelFile
from unmask.training import import_model
from unmask.training.importing.external_model import parse_classes, parse_size


@pytest.mark.parametrize(
    ("config", "processor"),
    [
        ({"id2label": 3}, {}),
        ({"id2label": {"zero": "real", "one": "fake"}}, {}),
        ({}, {"image_mean": [0.5, 0.5]}),
        ({}, {"size": {"height": 40, "width": 60}}),
        ({}, {"size": "large"}),
    ],
)
def test_an_invalid_hub_config_is_an_error(
    save: Save, known: Dataset, tmp_path: Path, config: dict[str, object], processor: dict[str, object]
) -> None:
    save(stripes_network(layout="NCHW", columns=2, size=None), "hub/model.onnx")
    (tmp_path / "hub" / "config.json").write_text(json.dumps(config), "utf-8")
    (tmp_path / "hub" / "preprocessor_config.json").write_text(json.dumps({"do_rescale": True} | processor), "utf-8")
    with pytest.raises(BadModelFile, match="is not understood"):
        import_model(tmp_path / "hub", tmp_path / "mine.onnx", classes=("real", "fake"), dataset=known)


def test_sizes_and_classes_are_parsed_from_lists_and_tables() -> None:
    assert [parse_size(size) for size in (40, [40, 40], {"shortest_edge": 40}, {"height": 40}, None)] == [40] * 4 + [
        None
    ]
    assert parse_classes(["fake", "real"]) == parse_classes({"1": "real", "0": "fake"}) == ("fake", "real")
