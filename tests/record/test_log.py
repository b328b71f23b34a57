"""The hash-chained log: appended entries verify, and changes are detected."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from unmask.errors import UsageError
from unmask.record import HashChainLog
from unmask.record.canonical import canonical, digest
from unmask.verdict import Failure, Finding


def finding(number: int) -> Finding:
    return Finding(f"{number}.jpg", Failure("missing_file", f"{number}.jpg: no such file"))


@pytest.fixture
def log(tmp_path: Path) -> HashChainLog:
    log = HashChainLog(tmp_path / "verdicts.log")
    for number in range(6):
        log.append(finding(number))
    return log


def edit(log: HashChainLog, number: int, old: str, new: str) -> None:
    lines = log.path.read_text("utf-8").splitlines(keepends=True)
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new)
    log.path.write_text("".join(lines), "utf-8")


def test_an_untouched_log_has_no_faults(log: HashChainLog) -> None:
    assert list(log.faults()) == []
    assert log.head()[0] == 6


def test_append_continues_an_existing_log(log: HashChainLog) -> None:
    head = log.append(finding(7))
    assert log.head() == (7, head)
    assert list(log.faults(head)) == []


def test_an_edited_line_is_named(log: HashChainLog) -> None:
    edit(log, 3, "2.jpg", "9.jpg")
    faults = list(log.faults())
    assert len(faults) == 1
    assert "Line 3 was edited" in faults[0]


def test_an_edited_line_with_a_new_hash_breaks_the_next(log: HashChainLog) -> None:
    lines = log.path.read_bytes().splitlines()
    entry = json.loads(lines[2])
    entry["finding"]["path"] = "forged.jpg"
    del entry["hash"]
    lines[2] = canonical({**entry, "hash": digest(entry)})
    log.path.write_bytes(b"\n".join(lines) + b"\n")
    assert any("Line 4 does not follow" in fault for fault in log.faults())


def test_removed_and_moved_lines_are_found(log: HashChainLog) -> None:
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert any("Line 3 does not follow" in fault for fault in log.faults())
    log.path.write_bytes(b"".join([*lines[:2], lines[3], lines[2], *lines[4:]]))
    assert any("Line 3 does not follow" in fault for fault in log.faults())
    log.path.write_bytes(b"".join(lines[1:]))
    assert any("Line 1 does not follow" in fault for fault in log.faults())


def test_a_log_cut_off_at_its_end_is_found_by_a_head_noted_earlier(log: HashChainLog) -> None:
    head = log.head()[1]
    lines = log.path.read_bytes().splitlines(keepends=True)
    log.path.write_bytes(b"".join(lines[:-2]))
    assert list(log.faults()) == []
    assert any("head" in fault for fault in log.faults(head))


def test_a_half_written_line_is_named_and_nothing_is_chained_to_it(log: HashChainLog) -> None:
    log.path.write_bytes(log.path.read_bytes()[:-20])
    assert any("Line 6 is damaged" in fault for fault in log.faults())
    with pytest.raises(UsageError, match="damaged"):
        log.append(finding(8))


def test_an_empty_log_says_so_and_a_missing_one_is_an_error(tmp_path: Path) -> None:
    empty = tmp_path / "empty.log"
    empty.touch()
    assert list(HashChainLog(empty).faults()) == ["The log is empty."]
    with pytest.raises(UsageError, match="cannot be read"):
        list(HashChainLog(tmp_path / "none.log").faults())


def test_several_processes_append_to_one_unbroken_chain(tmp_path: Path) -> None:
    path = tmp_path / "shared.log"
    code = (
        "import sys; from pathlib import Path\n"
        "from unmask.record import HashChainLog; from unmask.verdict import Finding, Failure\n"
        f"log = HashChainLog(Path({str(path)!r}))\n"
        "for n in range(15): log.append(Finding(f'{sys.argv[1]}-{n}', Failure('x', 'y')))"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(n)]) for n in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert list(HashChainLog(path).faults()) == []
    assert HashChainLog(path).head()[0] == 45
