"""The evidence record: what was judged, by what, with what result, in a form that can be checked later."""

from __future__ import annotations

from unmask.record.log import Log
from unmask.record.build import RecordFile, make_record, read_records
from unmask.record.verify import Check, verify_record

__all__ = ["Check", "Log", "RecordFile", "make_record", "read_records", "verify_record"]
