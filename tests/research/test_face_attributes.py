"""Attributes of a face measured from its pixels and landmarks."""

from __future__ import annotations

import math

import numpy as np
import pytest

from research.studies.face_attributes import tone_class, typology_angle, yaw
from unmask.faces import FoundFace


def head(turn: float) -> FoundFace:
    """A typical head turned by some degrees, seen from afar: eyes 60 mm apart, nose tip 25.5 mm before them."""
    angle = math.radians(turn)
    right, left, nose = (-30.0, 0.0), (30.0, 0.0), (0.0, 25.5)
    across = [x * math.cos(angle) + z * math.sin(angle) for x, z in (right, left, nose)]
    points = ((across[0], 0.0), (across[1], 0.0), (across[2], 40.0), (across[0] / 2, 70.0), (across[1] / 2, 70.0))
    return FoundFace((-50, -40, 100, 140), 0.9, tuple((100 + x, 100 + y) for x, y in points))


@pytest.mark.parametrize("turn", [0, 12, -25, 40])
def test_a_turned_head_is_measured_in_degrees(turn: float) -> None:
    assert yaw(head(turn)) == pytest.approx(abs(turn), abs=0.5)


def test_the_typology_angle_names_apparent_tones() -> None:
    skin = np.array([[70.0, 15.0, 20.0]] * 9)
    assert typology_angle(skin) == pytest.approx(45.0)
    assert tone_class(45.0) == "light"
    assert tone_class(-60.0) == "dark"
    assert tone_class(10.5) == "tan"
    violet, gray = np.array([[60.0, 20.0, -20.0]]), np.array([[60.0, 0.5, 0.5]])
    assert math.isnan(typology_angle(violet))
    assert math.isnan(typology_angle(gray))
