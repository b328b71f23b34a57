from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from unmask.datasets import Dataset, LabeledImage, framing_sample, measure_framings


def test_framing_sample_is_stratified_and_limited() -> None:
    items = [
        LabeledImage(Path(f"{source}{number}.jpg"), "fake" if number % 4 == 0 else "real", None, source)
        for source, count in (("large", 2000), ("small", 100))
        for number in range(count)
    ]
    chosen = Counter((item.source, item.label) for item in framing_sample(Dataset(tuple(items), "mixed")))
    assert chosen == {("large", "real"): 450, ("large", "fake"): 150, ("small", "real"): 75, ("small", "fake"): 25}


def test_framing_is_relative_to_the_upright_picture(portrait: Image.Image, tmp_path: Path) -> None:
    ground = Image.new("RGB", (800, 400), (120, 140, 110))
    ground.paste(portrait.crop((120, 0, 360, 300)).resize((160, 200)), (600, 200))
    exif = Image.Exif()
    exif[0x0112] = 6
    ground.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.jpg", exif=exif)
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    items = [LabeledImage(tmp_path / name, "real", None, "one") for name in ("turned.jpg", "broken.jpg")]
    ((_, framing),) = measure_framings(items)
    assert 0.05 < framing.width < 0.16
    assert 0.15 < framing.height < 0.4
    assert framing.center_x == pytest.approx(0.85, abs=0.05)
    assert framing.center_y == pytest.approx(0.72, abs=0.08)
