"""Batch scanning: list the images of a source, run the detector in worker processes, write findings to a file."""

from __future__ import annotations

from unmask.scanning.dataframe import to_dataframe
from unmask.scanning.sources import list_picture_items, list_pictures
from unmask.scanning.task import ScanConfig

__all__ = ["ScanConfig", "list_picture_items", "list_pictures", "to_dataframe"]
