"""`unmask.scan`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from tests.scanning.conftest import Make, scan
from unmask import Detector
from unmask.detector import DetectorConfig
from unmask.errors import UnknownModel, UsageError


def test_findings_equal_those_of_the_detector(make: Make, detector: Detector) -> None:
    folder = make(6, 3)
    findings = list(scan(folder, detector=detector, workers=2))
    assert [finding.path for finding in findings] == sorted(str(path) for path in folder.iterdir())
    for finding in findings:
        expected = detector.predict(finding.path)
        assert finding.verdict is not None
        assert finding.verdict.label is expected.label
        assert finding.verdict.faces == expected.faces


def test_broken_pictures_are_failures_in_their_place(make: Make) -> None:
    folder = make(3, 1)
    (folder / "0000a.jpg").write_bytes(b"")
    (folder / "0001a.jpg").write_text("not a picture")
    (folder / "0003.jpg").write_bytes((folder / "0000.jpg").read_bytes()[:1500])
    os.mkfifo(folder / "0004.jpg")
    (folder / "0005.jpg").symlink_to("missing")
    codes = [finding.failure.code if finding.failure else "" for finding in scan(folder, workers=1)]
    assert codes == ["", "empty_file", "", "not_an_image", "", "corrupt_image", "not_a_file", "missing_file"]


def test_a_path_named_twice_is_judged_once(make: Make) -> None:
    folder = make(2, 0)
    findings = list(scan([folder, folder / "0000.jpg", folder], workers=1))
    assert len(findings) == 2


def test_an_unordered_scan_yields_every_path(make: Make) -> None:
    folder = make(30, 2)
    paths = {finding.path for finding in scan(folder, workers=2, ordered=False)}
    assert paths == {str(path) for path in folder.iterdir()}


def test_an_unknown_model_is_an_error(make: Make) -> None:
    with pytest.raises(UnknownModel):
        list(scan(make(2, 0), detector=DetectorConfig("nowhere.onnx")))


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no picture"):
        list(scan(tmp_path))


def test_a_stopped_scan_completes_the_pending_pictures(make: Make) -> None:
    stop, seen = Event(), []
    for finding in scan(make(200, 0), workers=1, stop=stop):
        seen.append(finding.path)
        stop.set()
    assert 1 <= len(seen) < 100
    assert seen == sorted(seen)


def test_a_closed_scan_leaves_no_process(make: Make) -> None:
    others = _children(os.getpid())
    findings = scan(make(100, 0), workers=2)
    next(findings)
    children = _children(os.getpid()) - others
    assert children
    findings.close()  # type: ignore[attr-defined]
    assert not _children(os.getpid()) & children


@pytest.mark.integration
def test_scan_runs_in_a_script_without_a_main_guard(make: Make, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys, unmask\nprint(len(list(unmask.scan(sys.argv[1], workers=2))))\n")
    done = subprocess.run([sys.executable, script, make(3, 0)], capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"


def _children(pid: int) -> set[int]:
    found = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.add(int(status.parent.name))
    return found
