"""One report by a shipped model."""

from __future__ import annotations

from pathlib import Path

import pytest

from unmask import Detector
from unmask.reporting.report import Report, make_report


@pytest.fixture(scope="session")
def report(detector: Detector, astronaut: Path) -> Report:
    return make_report(detector, astronaut, name="<b>press & co</b>.jpg")
