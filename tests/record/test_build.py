"""Records are built, written and read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tests.record.forging import Record
from unmask import Detector
from unmask.errors import UsageError
from unmask.record import RecordFile, make_record, read_records


def test_files_of_records_are_never_overwritten(record: Record, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    file = RecordFile(path)
    file.add(record)
    file.add(record)
    file.close()
    assert list(read_records(path)) == [record, record]
    with pytest.raises(UsageError, match="never overwritten"):
        RecordFile(path)
    pretty = tmp_path / "pretty.json"
    pretty.write_text(json.dumps(record, indent=2), "utf-8")
    assert list(read_records(pretty)) == [record]


@pytest.mark.parametrize("content", [b"", b"hello", b"[1]", b"\xff\xfe\x00", b'{"type": "other"}', b"[" * 100_000])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"other\.json"):
        list(read_records(path))


def test_pixels_without_a_file_can_be_recorded(detector: Detector, portrait: Image.Image) -> None:
    verdict = detector.predict(portrait, stability=False)
    made = make_record(detector, verdict, whole_picture=False, stability=False)
    assert made["input"]["name"] is None
