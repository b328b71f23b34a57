from __future__ import annotations

import numpy as np

from unmask.runtime import open_session
from unmask.zoo import read_model


def test_a_score_does_not_depend_on_other_pictures_in_the_batch() -> None:
    session = open_session(read_model("fast"), threads=1)
    pixels = np.random.default_rng(0).integers(0, 256, (5, 224, 224, 3), dtype=np.uint8)
    together, alone, batch = (
        session.run_each(pixels=pixels),
        session.run_each(pixels=pixels[3:4]),
        session.run(pixels=pixels),
    )
    for name, shape in (("logit", (5,)), ("cam", (5, 7, 7))):
        assert together[name].shape == shape
        assert np.array_equal(together[name][3:4], alone[name])
        assert np.allclose(together[name], batch[name], atol=0.05)
    assert session.run_each(pixels=pixels[:0])["logit"].shape == (0,)
