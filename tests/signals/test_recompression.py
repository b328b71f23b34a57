from __future__ import annotations

import io

from PIL import Image

from unmask import examine


def test_a_quantization_step_of_zero_has_no_earlier_save(portrait: Image.Image) -> None:
    buffer = io.BytesIO()
    portrait.save(buffer, "JPEG")
    data = bytearray(buffer.getvalue())
    data[data.index(b"\xff\xdb") + 8] = 0
    (signal,) = examine(bytes(data), only=["jpeg"])
    assert signal.details["earlier_quality"] is None
