"""Worker processes that crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import MODEL
from tests.scanning.conftest import Make, noise, scan
from tests.scanning.crashing import CrashingDetector, DetectorThatCannotLoad
from unmask.errors import WorkerError


@pytest.mark.integration
def test_a_crashed_worker_is_replaced_and_its_item_becomes_a_failure(make: Make) -> None:
    folder = make(20, 2)
    for number, name in enumerate(("crash-a.jpg", "crash-b.jpg", "once-a.jpg", "once-b.jpg")):
        noise(1000 + number).save(folder / name)
    findings = {
        Path(finding.path).name: finding for finding in scan(folder, detector=CrashingDetector(MODEL), workers=2)
    }
    assert len(findings) == 24
    failed = {name for name, finding in findings.items() if finding.failure}
    assert failed == {"crash-a.jpg", "crash-b.jpg"}
    problem = findings["crash-a.jpg"].failure
    assert problem is not None
    assert "SIGKILL" in problem.message


def test_workers_that_cannot_start_are_an_error(make: Make) -> None:
    with pytest.raises(WorkerError, match="doctor"):
        list(scan(make(2, 0), detector=DetectorThatCannotLoad(), workers=2))
