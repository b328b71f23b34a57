from __future__ import annotations

import pytest

from unmask.errors import BadModelFile, UsageError
from unmask.runtime import open_session


def test_engines_reject_invalid_models() -> None:
    for engine in ("onnx", "openvino"):
        if engine == "openvino":
            pytest.importorskip("openvino")
        with pytest.raises(BadModelFile):
            open_session(b"no model", engine=engine)
    with pytest.raises(UsageError, match="quantum"):
        open_session(b"", engine="quantum")
