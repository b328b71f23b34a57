"""Labeled images: reading, splitting and auditing datasets. Imports no training framework."""

from __future__ import annotations

from unmask.datasets.checks import Fault
from unmask.datasets.dataset import Dataset, mix
from unmask.datasets.file_properties import read_file_properties
from unmask.datasets.framing import framing_sample, measure_framings
from unmask.datasets.labeled_image import SPLITS, ClassName, LabeledImage
from unmask.datasets.run_audit import Audit, audit
from unmask.datasets.splitting import assign_folds, hold_out, split_by_group, stratified_sample

__all__ = [
    "SPLITS",
    "Audit",
    "ClassName",
    "Dataset",
    "Fault",
    "LabeledImage",
    "assign_folds",
    "audit",
    "framing_sample",
    "hold_out",
    "measure_framings",
    "mix",
    "read_file_properties",
    "split_by_group",
    "stratified_sample",
]
