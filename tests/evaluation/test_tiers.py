from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from unmask.errors import UsageError
from unmask.evaluation.degradations import NO_DEGRADATION
from unmask.evaluation.tiers import TIERS, select_tiers


def picture(width: int, height: int) -> Image.Image:
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 255, (height, width, 3), np.uint8))


@pytest.mark.parametrize(
    ("tier", "size", "expected"),
    [
        ("web", (2000, 1000), (768, 384)),
        ("web", (500, 400), (500, 400)),
        ("hard", (300, 200), (150, 100)),
        ("hard", (3000, 1500), (512, 256)),
    ],
)
def test_tiers_scale_as_defined(tier: str, size: tuple[int, int], expected: tuple[int, int]) -> None:
    data = TIERS[tier].apply(picture(*size))
    assert isinstance(data, bytes)
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size) == ("JPEG", expected)


def test_qualities_are_those_of_the_tiers() -> None:
    for tier, quality in (("web", 60), ("hard", 40)):
        data = TIERS[tier].apply(picture(64, 64))
        reference = io.BytesIO()
        picture(64, 64).save(reference, "JPEG", quality=quality)
        assert isinstance(data, bytes)
        tables = [Image.open(stream).quantization for stream in (io.BytesIO(data), reference)]  # type: ignore[attr-defined]
        assert tables[0] == tables[1]


def test_clean_is_untouched() -> None:
    assert TIERS["clean"].is_identity
    image = picture(30, 20)
    assert NO_DEGRADATION.apply(image) is image


def test_tiers_by_name() -> None:
    assert list(select_tiers(["hard", "clean"])) == ["hard", "clean"]
    with pytest.raises(UsageError, match="'best'"):
        select_tiers(["best"])
