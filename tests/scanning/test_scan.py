from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from tests.conftest import MODEL
from tests.scanning.conftest import Make, noise, scan
from tests.scanning.deadly import Deadly, Stillborn
from unmask import Detector
from unmask.detector import DetectorConfig
from unmask.errors import UnknownModel, UsageError, WorkerError
from unmask.scanning.items import ScanItem
from unmask.scanning.ordered_buffer import OrderedBuffer
from unmask.verdict import Failure, Finding


def test_findings_are_what_the_detector_says(make: Make, detector: Detector) -> None:
    folder = make(6, 3)
    findings = list(scan(folder, detector=detector, workers=2))
    assert [finding.path for finding in findings] == sorted(str(path) for path in folder.iterdir())
    for finding in findings:
        expected = detector.predict(finding.path)
        assert finding.verdict is not None
        assert finding.verdict.label is expected.label
        assert finding.verdict.faces == expected.faces


def test_broken_pictures_are_problems_in_their_place(make: Make) -> None:
    folder = make(3, 1)
    (folder / "0000a.jpg").write_bytes(b"")
    (folder / "0001a.jpg").write_text("not a picture")
    (folder / "0003.jpg").write_bytes((folder / "0000.jpg").read_bytes()[:1500])
    os.mkfifo(folder / "0004.jpg")
    (folder / "0005.jpg").symlink_to("nowhere")
    codes = [finding.failure.code if finding.failure else "" for finding in scan(folder, workers=1)]
    assert codes == ["", "empty_file", "", "not_an_image", "", "corrupt_image", "not_a_file", "missing_file"]


def test_a_path_named_twice_is_judged_once(make: Make) -> None:
    folder = make(2, 0)
    findings = list(scan([folder, folder / "0000.jpg", folder], workers=1))
    assert len(findings) == 2


def test_without_order_nothing_is_missing(make: Make) -> None:
    folder = make(30, 2)
    paths = {finding.path for finding in scan(folder, workers=2, ordered=False)}
    assert paths == {str(path) for path in folder.iterdir()}


def test_order_holds_back_those_that_run_ahead() -> None:
    buffer = OrderedBuffer(size=2)
    tasks = buffer.feed(map(ScanItem, "abcd"))
    assert [next(tasks), next(tasks), next(tasks)] == [(0, ScanItem("a")), (1, ScanItem("b")), None]
    problem = Failure("x", "x")
    assert list(buffer.drain((1, Finding("b", problem)))) == []
    assert [finding.path for finding in buffer.drain((0, Finding("a", problem)))] == ["a", "b"]
    assert next(tasks) == (2, ScanItem("c"))


@pytest.mark.integration
def test_a_worker_that_dies_is_replaced_and_its_item_recorded(make: Make) -> None:
    folder = make(20, 2)
    for number, name in enumerate(("deadly-a.jpg", "deadly-b.jpg", "once-a.jpg", "once-b.jpg")):
        noise(1000 + number).save(folder / name)
    findings = {Path(finding.path).name: finding for finding in scan(folder, detector=Deadly(MODEL), workers=2)}
    assert len(findings) == 24
    died = {name for name, finding in findings.items() if finding.failure}
    assert died == {"deadly-a.jpg", "deadly-b.jpg"}
    problem = findings["deadly-a.jpg"].failure
    assert problem is not None
    assert "SIGKILL" in problem.message


def test_workers_that_cannot_start_are_an_error(make: Make) -> None:
    with pytest.raises(WorkerError, match="doctor"):
        list(scan(make(2, 0), detector=Stillborn(), workers=2))


def test_an_unknown_model_is_an_error(make: Make) -> None:
    with pytest.raises(UnknownModel):
        list(scan(make(2, 0), detector=DetectorConfig("nowhere.onnx")))


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no picture"):
        list(scan(tmp_path))


def test_a_scan_that_is_told_to_stop_finishes_what_is_in_flight(make: Make) -> None:
    stop, seen = Event(), []
    for finding in scan(make(200, 0), workers=1, stop=stop):
        seen.append(finding.path)
        stop.set()
    assert 1 <= len(seen) < 100
    assert seen == sorted(seen)


def test_a_scan_that_is_left_leaves_no_process(make: Make) -> None:
    others = _children(os.getpid())
    findings = scan(make(100, 0), workers=2)
    next(findings)
    children = _children(os.getpid()) - others
    assert children
    findings.close()  # type: ignore[attr-defined]
    assert not _children(os.getpid()) & children


@pytest.mark.integration
def test_it_runs_in_a_script_without_a_main_guard(make: Make, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys, unmask\nprint(len(list(unmask.scan(sys.argv[1], workers=2))))\n")
    done = subprocess.run([sys.executable, script, make(3, 0)], capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"


def test_equal_bytes_are_judged_once_across_names_and_runs(make: Make, cache_of_its_own: Path) -> None:
    folder, cache = make(2, 2), cache_of_its_own / "c.sqlite"
    (first, *_) = [finding.verdict for finding in scan(folder, workers=1, cache=cache)]
    (folder / "0000.jpg").rename(folder / "renamed.jpg")
    shutil.copy(folder / "renamed.jpg", folder / "again.jpg")
    findings = {Path(f.path).name: f.verdict for f in scan(folder, workers=1, cache=cache)}
    assert first is not None
    for name in ("renamed.jpg", "again.jpg"):
        verdict = findings[name]
        assert verdict is not None
        assert verdict.to_dict() == first.with_path(str(folder / name)).to_dict()
    without = [f.verdict for f in scan(folder / "renamed.jpg", workers=1, cache=cache, stability=False)]
    assert without[0] is not None
    assert without[0].faces[0].stability is None


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
