"""A scan killed again and again ends with the same table as one that was left alone; and its memory stays flat.

    python -m benchmarks.resume [--count 20000] [--kills 10] [--folder DIR]

One picture in a hundred is broken. The scan is killed with SIGKILL at random moments and gone on with `--resume`; then
both tables must hold each path exactly once with the same scores. The resident memory of all processes is printed as
a curve over the undisturbed run (Linux only). Exits with 1 where the tables differ.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import scan_pictures

Table = dict[str, dict[str, Any]]


def start(folder: Path, out: Path) -> subprocess.Popen[bytes]:
    """The scan, as a user starts it."""
    options = ("--resume", "--no-cache", "--no-stability", "--workers", "2")
    command = [sys.executable, "-m", "unmask", "scan", str(folder), "--out", str(out), *options]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def lines(out: Path) -> int:
    """Findings written so far."""
    return out.read_bytes().count(b"\n") if out.exists() else 0


def table(out: Path) -> Table:
    """Everything said of each path, but for the time it took.

    Raises:
        SystemExit: a path stands there twice.
    """
    found: Table = {}
    for line in out.read_text("utf-8").splitlines():
        row = json.loads(line)
        row.pop("seconds", None)
        if row["path"] in found:
            raise SystemExit(f"{row['path']} stands there twice")
        found[row["path"]] = row
    return found


def memory(pid: int) -> tuple[float, float]:
    """Resident megabytes of a process, and of its children together."""
    own = children = 0.0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            pages = int((status.parent / "statm").read_text().split()[1])
        except OSError:
            continue
        if int(status.parent.name) == pid:
            own = pages * 4096 / 1e6
        elif int(fields[1]) == pid:
            children += pages * 4096 / 1e6
    return own, children


def undisturbed(folder: Path, out: Path, total: int) -> None:
    """Scan once, and print the curve of memory."""
    process, due, began = start(folder, out), 0, time.monotonic()
    print("| findings | parent MB | workers MB |\n|---|---|---|")
    while process.poll() is None:
        time.sleep(0.2)
        if (count := lines(out)) >= due and count:
            own, children = memory(process.pid)
            print(f"| {count} | {own:.0f} | {children:.0f} |", flush=True)
            due = count + total // 12
    print(f"\n{total} pictures in {time.monotonic() - began:.0f} s, exit code {process.returncode}")


def disturbed(folder: Path, out: Path, total: int, kills: int) -> None:
    """Scan, killed at random moments."""
    chance = random.Random(time.time_ns())
    moments = sorted(chance.randrange(total) for _ in range(kills))
    for moment in moments:
        process = start(folder, out)
        while process.poll() is None and lines(out) < moment:
            time.sleep(chance.random() / 5)
        process.send_signal(signal.SIGKILL)
        process.wait()
        print(f"killed after {lines(out)} findings", flush=True)
    print(f"gone on to the end: exit code {start(folder, out).wait()}")


def main() -> None:
    """Scan twice and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        pictures = folder / "pictures"
        scan_pictures.faces(pictures, arguments.count, broken=0.01)
        undisturbed(pictures, folder / "undisturbed.jsonl", arguments.count)
        disturbed(pictures, folder / "killed.jsonl", arguments.count, arguments.kills)
        whole, killed = table(folder / "undisturbed.jsonl"), table(folder / "killed.jsonl")
        problems = sum("problem" in row for row in whole.values())
        print(f"{len(whole)} and {len(killed)} paths, {problems} of them problems; the same: {whole == killed}")
        if whole != killed or len(whole) != arguments.count:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
