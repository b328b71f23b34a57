"""`unmask verify`: check evidence records and logs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unmask.cli import console
from unmask.cli.exit_codes import CHECK_FAILED
from unmask.cli.options import Faces, Threads
from unmask.errors import UsageError

if TYPE_CHECKING:
    from unmask.detector import Detector
    from unmask.record import RecordCheck


def run(
    record: Annotated[
        Path | None, typer.Argument(metavar="RECORD", help="A file written by `detect --record`.")
    ] = None,
    pictures: Annotated[
        list[str] | None,
        typer.Argument(metavar="PICTURE…", help="The pictures and clips of the record; they are judged again."),
    ] = None,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check a log written by `detect --log` instead.")
    ] = None,
    head: Annotated[
        str | None, typer.Option(metavar="HASH", help="Hash of an earlier last entry; the log must contain it.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="KEY.pem", help="The Ed25519 key that must have signed the record.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per check.")] = False,
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="Model for the repeated inference: a name, or an .onnx file.")
    ] = "default",
    threads: Threads = None,
    faces: Faces = None,
) -> None:
    """Check an evidence record or a log: integrity, signature, and whether the scores can be reproduced.

    Exits with 1 if a check fails.

    Examples:

      unmask verify photo.record.json photo.jpg
      unmask verify photo.record.json photo.jpg --key newsroom.pem
      unmask verify --log verdicts.log --head 3f9a…
    """
    if (record is None) == (log is None):
        raise UsageError("give either RECORD or --log FILE")
    checks = _log(log, head) if log else _records(record, pictures or [], key, lambda: _load(model, threads, faces))
    failed = False
    out = console.stdout()
    for check in checks:
        failed = failed or check.ok is False
        if as_json:
            sys.stdout.write(json.dumps(check.to_dict(), ensure_ascii=False) + "\n")
        else:
            style, mark = _MARKS[check.ok]
            out.print(f"{mark}  {check.name:<9}  {console.printable(check.message)}", style=style)
    raise typer.Exit(CHECK_FAILED if failed else 0)


_MARKS = {True: ("green4", "✓ ok  "), False: ("bold red3", "✗ FAIL"), None: ("gray50", "- none")}


def _log(path: Path, head: str | None) -> Iterator[RecordCheck]:
    from unmask.record import HashChainLog, RecordCheck

    log = HashChainLog(path)
    broken = False
    for fault in log.faults(head):
        broken = True
        yield RecordCheck("log", False, fault)
    if not broken:
        entries, last = log.head()
        yield RecordCheck("log", True, f"{entries} entries, an unbroken chain.")
        yield RecordCheck(
            "head",
            None,
            f"{last}; store it elsewhere, because a truncated log has an unbroken chain too.",
        )


def _records(
    path: Path | None, pictures: list[str], key: Path | None, load: Callable[[], Detector]
) -> Iterator[RecordCheck]:
    """The checks of every record in a file, each compared with its picture."""
    from unmask.record import RecordCheck, read_records, verify_record
    from unmask.record.signing import read_public_key
    from unmask.record.verify import VerificationInput

    assert path is not None
    records = list(read_records(path))
    public_key = read_public_key(key) if key else None
    load = cache(load)
    if len(records) == 1 and len(pictures) == 1:
        yield from verify_record(records[0], pictures[0], load=load, public_key=public_key)
        return
    opened = {picture.sha256: picture for picture in map(VerificationInput.open, pictures)}
    for record in records:
        content = record.get("input")
        sha256 = content.get("sha256") if isinstance(content, dict) else None
        yield from verify_record(record, opened.pop(str(sha256), None), load=load, public_key=public_key)
    for picture in opened.values():
        yield RecordCheck(
            "picture", False, f"{picture.name}: no record is about these bytes (sha256 {picture.sha256[:16]}…)."
        )


def _load(model: str, threads: int | None, faces: str | None) -> Detector:
    from unmask.detector import Detector

    return Detector.load(model, threads=threads, faces=faces)
