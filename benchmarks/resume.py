"""Compare the table of a scan that was killed and resumed with that of an uninterrupted scan; print its memory use.

    python -m benchmarks.resume [--count 20000] [--kills 10] [--folder DIR]

One image in a hundred is broken. The second scan is killed with SIGKILL at random times and continued with `--resume`.
Both tables must contain each path exactly once, with the same scores. The resident memory of all processes is printed
during the uninterrupted scan (Linux only). The exit code is 1 if the tables differ.
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
    """Start the scan in a new process."""
    options = ("--resume", "--no-cache", "--no-stability", "--workers", "2")
    command = [sys.executable, "-m", "unmask", "scan", str(folder), "--out", str(out), *options]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL)


def count_findings(out: Path) -> int:
    """The number of findings written so far."""
    return out.read_bytes().count(b"\n") if out.exists() else 0


def read_table(out: Path) -> Table:
    """The finding of each path, without its time.

    Raises:
        SystemExit: a path occurs twice.
    """
    found: Table = {}
    for line in out.read_text("utf-8").splitlines():
        row = json.loads(line)
        row.pop("seconds", None)
        if row["path"] in found:
            raise SystemExit(f"{row['path']} occurs twice in {out}")
        found[row["path"]] = row
    return found


def memory(pid: int) -> tuple[float, float]:
    """Resident memory of a process and of its children together, in megabytes."""
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


def scan_uninterrupted(folder: Path, out: Path, total: int) -> None:
    """Scan once and print the memory use."""
    process, due, began = start(folder, out), 0, time.monotonic()
    print("| findings | parent MB | workers MB |\n|---|---|---|")
    while process.poll() is None:
        time.sleep(0.2)
        if (count := count_findings(out)) >= due and count:
            own, children = memory(process.pid)
            print(f"| {count} | {own:.0f} | {children:.0f} |", flush=True)
            due = count + total // 12
    print(f"\n{total} images in {time.monotonic() - began:.0f} s, exit code {process.returncode}")


def scan_interrupted(folder: Path, out: Path, total: int, kills: int) -> None:
    """Scan, killed at random times and resumed."""
    chance = random.Random(time.time_ns())
    moments = sorted(chance.randrange(total) for _ in range(kills))
    for moment in moments:
        process = start(folder, out)
        while process.poll() is None and count_findings(out) < moment:
            time.sleep(chance.random() / 5)
        process.send_signal(signal.SIGKILL)
        process.wait()
        print(f"killed after {count_findings(out)} findings", flush=True)
    print(f"resumed to the end: exit code {start(folder, out).wait()}")


def main() -> None:
    """Scan twice and compare the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="images to scan")
    parser.add_argument("--kills", type=int, default=10, help="times the scan is killed")
    parser.add_argument("--folder", type=Path, help="folder of the images and tables; a temporary one by default")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        pictures = folder / "pictures"
        scan_pictures.faces(pictures, arguments.count, broken=0.01)
        scan_uninterrupted(pictures, folder / "uninterrupted.jsonl", arguments.count)
        scan_interrupted(pictures, folder / "killed.jsonl", arguments.count, arguments.kills)
        complete, resumed = read_table(folder / "uninterrupted.jsonl"), read_table(folder / "killed.jsonl")
        failures = sum("problem" in row for row in complete.values())
        print(f"{len(complete)} and {len(resumed)} paths, {failures} failures; equal: {complete == resumed}")
        if complete != resumed or len(complete) != arguments.count:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
