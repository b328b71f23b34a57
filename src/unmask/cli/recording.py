"""What `detect` leaves behind where it is asked to: evidence records and a log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from unmask.errors import UsageError
from unmask.verdict import Finding
from unmask.video import is_video

if TYPE_CHECKING:
    from unmask.detector import Detector


@contextmanager
def open_recorder(
    detector: Detector,
    *,
    record: Path | None,
    sign: Path | None,
    log: Path | None,
    whole_picture: bool,
    stability: bool,
) -> Iterator[Callable[[Finding], None]]:
    """Something to tell every finding: a verdict is recorded, and a verdict or a problem logged, where asked for.

    Raises:
        UsageError: a file cannot be written, a record exists already, or the key cannot be read.
        MissingExtra: signing needs an optional part.
    """
    if sign and not record:
        raise UsageError("--sign signs a record; name its file with --record")
    if not record and not log:
        yield lambda finding: None
        return
    from unmask.record import Log, RecordFile, make_record
    from unmask.record.signing import read_private_key

    key = read_private_key(sign) if sign else None
    book = Log(log) if log else None
    file = RecordFile(record) if record else None

    def keep(finding: Finding) -> None:
        digest = None
        if file and finding.verdict:
            still = not is_video(finding.path)
            made = make_record(
                detector,
                finding.verdict,
                whole_picture=whole_picture and still,
                stability=stability and still,
                key=key,
            )
            file.add(made)
            digest = made["digest"]
        if book:
            book.append(finding, record=digest)

    try:
        yield keep
    finally:
        if file:
            file.close()
