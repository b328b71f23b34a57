"""Evidence records and logs: what was judged, by which model and with what result, in a form that can be verified."""

from __future__ import annotations

from unmask.record.build import RecordFile, make_record, read_records
from unmask.record.comparison import RecordComparison, compare_records
from unmask.record.log import HashChainLog
from unmask.record.verify import RecordCheck, verify_record

__all__ = [
    "HashChainLog",
    "RecordCheck",
    "RecordComparison",
    "RecordFile",
    "compare_records",
    "make_record",
    "read_records",
    "verify_record",
]
