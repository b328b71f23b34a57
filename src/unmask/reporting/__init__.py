"""Reports: annotated images, and self-contained pages and PDF files on images, clips and scans."""

from __future__ import annotations

from unmask.reporting.annotation import annotate

__all__ = ["annotate"]
