from __future__ import annotations

import pytest

from unmask.errors import BadModelFile
from unmask.zoo import DETECTORS


def test_a_damaged_or_missing_shipped_model_is_rejected() -> None:
    with pytest.raises(BadModelFile, match="damaged"):
        type(DETECTORS[0])("default", DETECTORS[0].filename, "0" * 63 + "1", "").read()
    with pytest.raises(BadModelFile, match="missing"):
        type(DETECTORS[0])("default", "none.onnx", "0" * 64, "").read()
