"""The colormap is perceptually uniform and ordered by lightness."""

from __future__ import annotations

import numpy as np
import pytest

from unmask.explaining.colormap import LEVELS, apply_colormap, colormap


def test_lightness_rises_all_the_way_in_even_steps() -> None:
    color = pytest.importorskip("skimage.color")
    lab = color.rgb2lab(colormap()[None] / 255.0)[0]
    lightness = lab[::15, 0]
    assert (np.diff(lightness) > 0).all()
    steps = color.deltaE_ciede2000(lab[:-15:15], lab[15::15])
    assert steps.max() < 2.2 * steps.min()


def test_values_are_mapped_to_colors_and_clipped() -> None:
    painted = apply_colormap(np.array([[-1.0, 0.0, 1.0, 7.0]], np.float32))
    assert painted.shape == (1, 4, 3)
    assert (painted[0, :2] == colormap()[0]).all()
    assert (painted[0, 2:] == colormap()[LEVELS - 1]).all()
