"""Write the evidence record and the log of `unmask detect`."""

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
    """Yields a function that adds a finding to the record and the log.

    Args:
        detector: the detector that judges.
        record: the record's path; only verdicts are recorded.
        sign: the path of a private key to sign the record with.
        log: the log's path; verdicts and failures are logged.
        whole_picture: argument of `Detector.predict`.
        stability: argument of `Detector.predict`.

    Raises:
        UsageError: a file cannot be written, the record exists already, or the key cannot be read.
        MissingExtra: signing needs an extra that is not installed.
    """
    if sign and not record:
        raise UsageError("--sign needs a record to sign; add --record FILE")
    if not record and not log:
        yield lambda finding: None
        return
    from unmask.record import HashChainLog, RecordFile, make_record
    from unmask.record.signing import read_private_key

    key = read_private_key(sign) if sign else None
    log_file = HashChainLog(log) if log else None
    file = RecordFile(record) if record else None

    def save(finding: Finding) -> None:
        digest = None
        if file and finding.verdict:
            is_picture = not is_video(finding.path)
            made = make_record(
                detector,
                finding.verdict,
                whole_picture=whole_picture and is_picture,
                stability=stability and is_picture,
                key=key,
            )
            file.add(made)
            digest = made["digest"]
        if log_file:
            log_file.append(finding, record=digest)

    try:
        yield save
    finally:
        if file:
            file.close()
