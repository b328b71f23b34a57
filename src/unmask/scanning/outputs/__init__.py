"""Output files of a scan; each survives a crash and can be resumed."""

from __future__ import annotations

from unmask.scanning.outputs.factory import SUFFIXES, open_output, read_findings
from unmask.scanning.outputs.junit import JunitOutput
from unmask.scanning.outputs.output import Output
from unmask.scanning.outputs.sarif import SarifOutput
from unmask.scanning.outputs.stdout import StdoutOutput

__all__ = ["SUFFIXES", "JunitOutput", "Output", "SarifOutput", "StdoutOutput", "open_output", "read_findings"]
