"""`examine()`: all signals of one picture."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from unmask.errors import UsageError
from unmask.signals import SIGNALS, examine

FACE = (140.0, 30.0, 160.0, 200.0)


def test_every_signal_has_a_reading_and_limits(natural: Image.Image) -> None:
    signals = examine(natural, FACE)
    assert tuple(signal.name for signal in signals) == SIGNALS
    for signal in signals:
        content = json.loads(json.dumps(signal.to_dict()))
        assert content["reading"].endswith(".")
        assert content["limits"].endswith(".")
        assert content["decisive_alone"] is False


def test_unknown_signal_raises(natural: Image.Image) -> None:
    with pytest.raises(UsageError, match="aura"):
        examine(natural, only=["aura"])
