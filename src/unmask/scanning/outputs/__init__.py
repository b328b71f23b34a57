"""Where findings go: files that survive a crash at any moment and can be gone on with."""

from __future__ import annotations

from unmask.scanning.outputs.factory import SUFFIXES, open_output, read_findings
from unmask.scanning.outputs.output import Output
from unmask.scanning.outputs.stdout import StdoutOutput

__all__ = ["SUFFIXES", "Output", "StdoutOutput", "open_output", "read_findings"]
